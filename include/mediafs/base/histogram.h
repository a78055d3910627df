// How long something takes, counted by ranges.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace mediafs {

/// A histogram of durations, in the ranges that Prometheus's text format has it in
/// (https://prometheus.io/docs/concepts/metric_types/#histogram). Any thread, without a lock.
class DurationHistogram {
 public:
  /// Seconds. A duration belongs to the first bound that it is not greater than.
  static constexpr std::array<double, 13> kBounds{25e-6, 100e-6, 250e-6, 1e-3, 2.5e-3, 10e-3, 25e-3,
                                                  0.1,   0.25,   1,      2.5,  10,     30};

  struct Snapshot {
    /// Not cumulative; the last is what is above all bounds.
    std::array<std::uint64_t, kBounds.size() + 1> counts{};
    double sum = 0;  // seconds
  };

  /// One that is negative counts as none.
  void observe(std::chrono::nanoseconds duration);
  /// What is observed meanwhile may be in its count and not yet in the sum.
  [[nodiscard]] Snapshot snapshot() const;

 private:
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> counts_{};
  std::atomic<std::uint64_t> nanoseconds_ = 0;
};

}  // namespace mediafs
