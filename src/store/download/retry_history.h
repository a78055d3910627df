#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "mediafs/api/retry.h"
#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"
#include "mediafs/model/chunk.h"

namespace mediafs {

/// How a stream has broken since it last came forward. Guarded by its owner.
class RetryHistory {
 public:
  /// It broke at `position`. How long to wait before it goes on; nothing where it should not.
  std::optional<Duration> broke(const Error& error, std::uint64_t position, SteadyTime now, Duration deadline,
                                double jitter) {
    // Progress is a chunk or more: an origin that gives ten bytes and hangs up each time is broken.
    if (!only_repeats(position)) {
      failures_ = {};
      since_.reset();
    }
    furthest_ = std::max(furthest_, position);
    if (!since_) since_ = now;
    const auto failing = std::chrono::duration_cast<Duration>(now - *since_);
    const auto delay = delay_before_retry({.failure = error.code,
                                           .failures = failures_.add(error.code),
                                           .left = deadline - failing,
                                           .retry_after = std::nullopt,
                                           .jitter = jitter});
    if (delay) last_error_ = error;
    return delay;
  }

  /// Whether the stream, at `position` now, has come less than a chunk further than where it broke before.
  [[nodiscard]] bool only_repeats(std::uint64_t position) const { return position < furthest_ + kChunkSize; }

  /// What it broke with last.
  [[nodiscard]] const std::optional<Error>& last_error() const { return last_error_; }

 private:
  std::uint64_t furthest_ = 0;       // that it came to
  FailureCount failures_;            // since the last progress
  std::optional<SteadyTime> since_;  // when the first of those was
  std::optional<Error> last_error_;
};

}  // namespace mediafs
