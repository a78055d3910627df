// Reading the whole catalog: at the start, and to verify it.
#pragma once

#include <string>
#include <vector>

#include "cache/cache_parts.h"
#include "cache/record.h"

namespace mediafs {

struct LoadedListing {
  Listing listing;
  KeySlot slot{};
  UnixSeconds stored_at = 0;
};

struct LoadedItem {
  StoredItem stored;
  KeySlot slot{};
};

struct LoadedCatalog {
  std::vector<LoadedItem> items;
  std::vector<LoadedListing> listings;
  std::vector<std::string> unreadable;  // names of records that nothing can be made of
  UnixSeconds latest = 0;               // the latest time that stands in it
  bool whole = true;                    // the database could be read to its end
};

LoadedCatalog load_catalog(const Keyring& keyring, const Sealing& sealing, ReplaceableEnvironment& catalog);

}  // namespace mediafs
