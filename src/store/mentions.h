#pragma once

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <vector>

#include "mediafs/model/listing.h"

namespace mediafs {

/// Which listings have a media (or an attempt) in them. Guarded by its owner.
template <typename Entry>
class Mentions {
 public:
  using EntryRef = std::shared_ptr<const Entry>;  // keeps its listing

  void add(const ListingRef& listing, const std::vector<Entry>& entries) {
    for (const Entry& entry : entries) by_id_[entry.id].push_back({listing, &entry});
  }

  void remove(const std::vector<Entry>& entries) {
    for (const Entry& entry : entries) {
      const auto found = by_id_.find(entry.id);
      std::erase_if(found->second, [&](const Place& place) { return place.entry == &entry; });
      if (found->second.empty()) by_id_.erase(found);
    }
  }

  /// As the listing that came last has it; null where none does.
  [[nodiscard]] EntryRef find(const MediaId& id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : ref_to(found->second.back());
  }

  [[nodiscard]] std::size_t count(const MediaId& id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? 0 : found->second.size();
  }

  [[nodiscard]] std::vector<ListingKey> listings_with(const MediaId& id) const {
    std::vector<ListingKey> keys;
    for_each(id, [&](const ListingKey& key, const Entry&) { keys.push_back(key); });
    return keys;
  }

  /// Newest first.
  template <typename Visit>
  void for_each(const MediaId& id, const Visit& visit) const {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return;
    for (auto place = found->second.rbegin(); place != found->second.rend(); ++place)
      visit(place->listing->key, *place->entry);
  }

  [[nodiscard]] std::vector<EntryRef> all() const {
    std::vector<EntryRef> entries;
    entries.reserve(by_id_.size());
    for (const auto& [id, places] : by_id_) entries.push_back(ref_to(places.back()));
    return entries;
  }

 private:
  struct Place {
    ListingRef listing;
    const Entry* entry;
  };

  static EntryRef ref_to(const Place& place) { return EntryRef(place.listing, place.entry); }

  std::unordered_map<MediaId, std::vector<Place>> by_id_;
};

}  // namespace mediafs
