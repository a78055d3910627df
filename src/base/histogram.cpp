#include "mediafs/base/histogram.h"

#include <algorithm>

namespace mediafs {

namespace {

constexpr auto kBoundsInNanoseconds = [] {
  std::array<std::uint64_t, DurationHistogram::kBounds.size()> bounds{};
  for (std::size_t i = 0; i < bounds.size(); ++i)
    bounds.at(i) = static_cast<std::uint64_t>(DurationHistogram::kBounds.at(i) * 1e9 + 0.5);
  return bounds;
}();

}  // namespace

void DurationHistogram::observe(std::chrono::nanoseconds duration) {
  const auto passed = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
  const auto* const bound = std::ranges::lower_bound(kBoundsInNanoseconds, passed);
  const auto range = static_cast<std::size_t>(bound - kBoundsInNanoseconds.begin());
  counts_.at(range).fetch_add(1, std::memory_order_relaxed);
  nanoseconds_.fetch_add(passed, std::memory_order_relaxed);
}

DurationHistogram::Snapshot DurationHistogram::snapshot() const {
  Snapshot out;
  for (std::size_t i = 0; i < counts_.size(); ++i)
    out.counts.at(i) = counts_.at(i).load(std::memory_order_relaxed);
  out.sum = static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) / 1e9;
  return out;
}

}  // namespace mediafs
