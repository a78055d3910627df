#include "filesystem/directory_read_ahead.h"

#include <algorithm>

namespace mediafs {

namespace {

constexpr std::size_t kMostDirectories = 16;
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

bool OpeningOrder::continues_with(NodeNumber node) {
  const auto from = order_.begin() + static_cast<std::ptrdiff_t>(place_);
  const auto end =
      order_.begin() + static_cast<std::ptrdiff_t>(std::min(order_.size(), place_ + kMostLeftOut));
  const auto found = std::find(from, end, node);
  if (found == end) return false;
  steps_ += found == order_.begin() ? 2U : 1U;
  place_ = static_cast<std::size_t>(found - order_.begin()) + 1;
  return true;
}

std::span<const NodeNumber> OpeningOrder::next() const {
  if (steps_ < kStepsThatShowIt) return {};
  const std::size_t ahead = kFirstAhead << std::min<std::size_t>(steps_ - kStepsThatShowIt, 2);
  const std::span<const NodeNumber> rest = std::span(order_).subspan(place_);
  return rest.first(std::min({rest.size(), ahead, kMostAhead}));
}

void DirectoryReadAhead::begin(const Directory& directory) {
  std::vector<NodeNumber> by_name = files_of(directory);
  std::vector<NodeNumber> by_number = by_name;
  std::sort(by_number.begin(), by_number.end());
  const MutexLock lock(mutex_);
  directories_.push_front({OpeningOrder(std::move(by_name)), OpeningOrder(std::move(by_number))});
  if (directories_.size() > kMostDirectories) directories_.pop_back();
}

std::vector<NodeNumber> DirectoryReadAhead::opened(NodeNumber node) {
  const MutexLock lock(mutex_);
  for (auto directory = directories_.begin(); directory != directories_.end(); ++directory) {
    const OpeningOrder* best = nullptr;
    for (OpeningOrder& order : *directory) {
      if (order.continues_with(node) && (best == nullptr || order.steps() > best->steps())) best = &order;
    }
    if (best == nullptr) continue;
    directories_.splice(directories_.begin(), directories_, directory);
    return {best->next().begin(), best->next().end()};
  }
  return {};
}

}  // namespace mediafs
