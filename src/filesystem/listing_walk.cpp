#include "filesystem/listing_walk.h"

#include <algorithm>

namespace mediafs {

namespace {

constexpr std::size_t kMostWalks = 16;
constexpr std::size_t kMostLeftOut = 16;  // files between two that are opened
constexpr std::size_t kStepsThatShowIt = 2;
constexpr std::size_t kFirstAhead = 8;
constexpr std::size_t kMostAhead = 32;

std::vector<NodeNumber> files_of(const Directory& directory) {
  std::vector<NodeNumber> files;
  files.reserve(directory.entries.size());
  for (const DirectoryEntry& entry : directory.entries) {
    if (entry.type == FileType::regular) files.push_back(entry.node);
  }
  return files;
}

}  // namespace

bool ListingWalk::goes_on_with(NodeNumber node) {
  const auto from = order_.begin() + static_cast<std::ptrdiff_t>(place_);
  const auto end =
      order_.begin() + static_cast<std::ptrdiff_t>(std::min(order_.size(), place_ + kMostLeftOut));
  const auto found = std::find(from, end, node);
  if (found == end) return false;
  steps_ += found == order_.begin() ? 2U : 1U;
  place_ = static_cast<std::size_t>(found - order_.begin()) + 1;
  return true;
}

std::span<const NodeNumber> ListingWalk::next() const {
  if (steps_ < kStepsThatShowIt) return {};
  const std::size_t ahead = kFirstAhead << std::min<std::size_t>(steps_ - kStepsThatShowIt, 2);
  const std::span<const NodeNumber> rest = std::span(order_).subspan(place_);
  return rest.first(std::min({rest.size(), ahead, kMostAhead}));
}

void ListingWalks::begin(const Directory& directory) {
  std::vector<NodeNumber> by_name = files_of(directory);
  std::vector<NodeNumber> by_number = by_name;
  std::sort(by_number.begin(), by_number.end());
  const MutexLock lock(mutex_);
  walks_.push_front({ListingWalk(std::move(by_name)), ListingWalk(std::move(by_number))});
  if (walks_.size() > kMostWalks) walks_.pop_back();
}

std::vector<NodeNumber> ListingWalks::opened(NodeNumber node) {
  const MutexLock lock(mutex_);
  for (auto walk = walks_.begin(); walk != walks_.end(); ++walk) {
    const ListingWalk* best = nullptr;
    for (ListingWalk& order : *walk) {
      if (order.goes_on_with(node) && (best == nullptr || order.steps() > best->steps())) best = &order;
    }
    if (best == nullptr) continue;
    walks_.splice(walks_.begin(), walks_, walk);
    return {best->next().begin(), best->next().end()};
  }
  return {};
}

}  // namespace mediafs
