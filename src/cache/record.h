// The plain form of a catalog record: fields in order, numbers big-endian, texts behind their length.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mediafs/base/bytes.h"
#include "mediafs/model/listing.h"
#include "mediafs/model/media_item.h"

namespace mediafs {

/// An item with what the cache itself notes of it; times by the cache's clock (retention.h).
struct StoredItem {
  MediaItem item;
  UnixSeconds stored_at = 0;     // when its version was first stored: its age counts from then
  UnixSeconds last_used_at = 0;  // when it was read last

  bool operator==(const StoredItem&) const = default;
};

/// Padded with zeros to a multiple of 256 bytes, so that the record's size tells little.
std::string encode_item(const StoredItem& stored);

/// Nothing where the bytes are not exactly what encode_item makes, or made before there was a time shown, or
/// an id is not spelt as MediaId has it.
std::optional<StoredItem> decode_item(ByteView record);

std::string encode_listing(const Listing& listing);

/// Nothing where the bytes have not the form of what encode_listing makes, with zeros behind it, or an id is
/// not spelt as MediaId has it.
std::optional<Listing> decode_listing(ByteView record);

}  // namespace mediafs
