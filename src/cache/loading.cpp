#include "cache/loading.h"

#include <algorithm>

namespace mediafs {

namespace {

constexpr std::size_t kItemNameSize = 16;  // a listing's parts have longer ones

/// Puts listings together from their parts, which come in order.
class ListingParts {
 public:
  explicit ListingParts(LoadedCatalog& loaded) : loaded_(loaded) {}

  void add(ByteView name, KeySlot slot, const std::optional<ListingPart>& part) {
    const std::string_view listing = text_of(name).substr(0, kItemNameSize);
    if (listing != name_) {
      take_listing();
      name_ = listing;
    }
    names_.emplace_back(text_of(name));
    if (!part) return void(damaged_ = true);
    if (read_ == 0) first_ = *part;
    damaged_ = damaged_ || part->version != first_.version;
    slot_ = slot;
    plain_ += part->content;
    ++read_;
  }

  void take_listing() {
    auto listing =
        !damaged_ && read_ > 0 && read_ == first_.count ? decode_listing(bytes_of(plain_)) : std::nullopt;
    if (listing) {
      loaded_.listings.push_back({*std::move(listing), slot_, first_.stored_at});
      loaded_.latest = std::max(loaded_.latest, first_.stored_at);
    } else {
      std::move(names_.begin(), names_.end(), std::back_inserter(loaded_.unreadable));
    }
    names_.clear();
    plain_.clear();
    read_ = 0;
    damaged_ = false;
  }

 private:
  LoadedCatalog& loaded_;
  std::string name_;                // of the listing whose parts are being read
  std::vector<std::string> names_;  // of its parts
  ListingPart first_;
  KeySlot slot_{};
  std::string plain_;
  std::uint32_t read_ = 0;
  bool damaged_ = false;
};

void add_item(LoadedCatalog& loaded, ByteView name, KeySlot slot, std::optional<StoredItem> stored) {
  if (!stored) return void(loaded.unreadable.emplace_back(text_of(name)));
  loaded.latest = std::max({loaded.latest, stored->stored_at, stored->last_used_at});
  loaded.items.push_back({*std::move(stored), slot});
}

}  // namespace

LoadedCatalog load_catalog(const Keyring& keyring, const Sealing& sealing, ReplaceableEnvironment& catalog) {
  LoadedCatalog loaded;
  ListingParts parts(loaded);
  const std::string clock = sealing.clock_name();
  const auto look = [&](ByteView name, ByteView record) {
    if (text_of(name) == clock) {
      loaded.latest = std::max(loaded.latest, sealing.open_clock(record).value_or(0));
      return true;
    }
    const auto slot = Sealing::slot_of(record);
    const auto key = slot ? keyring.key_in(*slot) : std::nullopt;
    if (name.size() == kItemNameSize) {
      add_item(loaded, name, slot.value_or(KeySlot{}),
               key ? sealing.open_item(*key, name, record) : std::nullopt);
    } else {
      parts.add(name, slot.value_or(KeySlot{}),
                key ? sealing.open_listing_part(*key, name, record) : std::nullopt);
    }
    return true;
  };
  loaded.whole = catalog.for_each(look).ok();
  parts.take_listing();
  return loaded;
}

}  // namespace mediafs
