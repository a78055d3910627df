#include "filesystem/listing_walk.h"

#include <algorithm>

namespace mediafs {

namespace {

constexpr std::size_t kMostWalks = 16;
constexpr std::size_t kMostLeftOut = 16;  // between two files: directories, files that are not wanted
constexpr std::size_t kStepsThatShowIt = 2;
constexpr std::size_t kAhead = 8;

}  // namespace

bool ListingWalk::goes_on_with(NodeNumber node) {
  const std::size_t end = std::min(listing_->size(), place_ + kMostLeftOut);
  for (std::size_t i = place_; i < end; ++i) {
    if ((*listing_)[i].attributes.node != node) continue;
    place_ = i + 1;
    ++steps_;
    return true;
  }
  return false;
}

std::span<const DirectoryEntry> ListingWalk::next() const {
  if (steps_ < kStepsThatShowIt) return {};
  const std::span<const DirectoryEntry> rest = std::span(*listing_).subspan(place_);
  return rest.first(std::min(rest.size(), kAhead));
}

void ListingWalks::begin(DirectorySnapshot listing) {
  const MutexLock lock(mutex_);
  walks_.emplace_front(std::move(listing));
  if (walks_.size() > kMostWalks) walks_.pop_back();
}

std::vector<NodeNumber> ListingWalks::opened(NodeNumber node) {
  const MutexLock lock(mutex_);
  const auto walk =
      std::find_if(walks_.begin(), walks_.end(), [&](ListingWalk& w) { return w.goes_on_with(node); });
  if (walk == walks_.end()) return {};
  walks_.splice(walks_.begin(), walks_, walk);
  std::vector<NodeNumber> nodes;
  for (const DirectoryEntry& entry : walk->next()) {
    if (!entry.attributes.directory) nodes.push_back(entry.attributes.node);
  }
  return nodes;
}

}  // namespace mediafs
