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
    for (const Entry& entry : entries) by_id_[entry.id].emplace_back(listing, &entry);
  }

  void remove(const std::vector<Entry>& entries) {
    for (const Entry& entry : entries) {
      const auto found = by_id_.find(entry.id);
      std::erase_if(found->second, [&](const EntryRef& ref) { return ref.get() == &entry; });
      if (found->second.empty()) by_id_.erase(found);
    }
  }

  /// As the listing that came last has it; null where none does.
  [[nodiscard]] EntryRef find(const MediaId& id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second.back();
  }

  [[nodiscard]] std::size_t count(const MediaId& id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? 0 : found->second.size();
  }

  [[nodiscard]] std::vector<EntryRef> all() const {
    std::vector<EntryRef> entries;
    entries.reserve(by_id_.size());
    for (const auto& [id, refs] : by_id_) entries.push_back(refs.back());
    return entries;
  }

 private:
  std::unordered_map<MediaId, std::vector<EntryRef>> by_id_;
};

}  // namespace mediafs
