#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "store/download/fetch_plan.h"

namespace mediafs {

/// Those of the media that are fetched before anybody asks: small ones first, as many as `memory` holds of
/// what is fetched of each.
template <typename ItemRef>
std::vector<ItemRef> worth_fetching_ahead(const std::vector<ItemRef>& items, std::uint64_t memory) {
  std::multimap<std::uint64_t, ItemRef> by_size;  // those of one size stay in their order
  for (const ItemRef& item : items) by_size.emplace(item->unsized ? kSmallMedia : item->size, item);
  std::vector<ItemRef> worth;
  for (const auto& [size, item] : by_size) {
    const std::uint64_t needed = std::min(size, kSmallMedia);
    if (needed > memory) break;
    memory -= needed;
    worth.push_back(item);
  }
  return worth;
}

}  // namespace mediafs
