#pragma once

#include <optional>

#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"

namespace mediafs {

/// What has happened so far to one request.
struct RetryState {
  Errc failure = Errc::internal;        // of the last attempt
  int attempts = 1;                     // made so far
  Duration left{};                      // until the deadline
  std::optional<Duration> retry_after;  // as the origin asked for, unclamped
  double jitter = 0.5;                  // in [0, 1): drawn by the caller, so that this stays a pure function
};

/// How long to wait before the next attempt; nothing where there should be none.
///
/// Failures that may pass are tried 5 times in all with full-jitter backoff (0.2, 0.4, 0.8, 1.6 s at most);
/// malformed and unverifiable responses once more; an origin's Retry-After is followed, between 0 and 60 s.
/// What does not fit before the deadline is not begun.
std::optional<Duration> delay_before_retry(const RetryState& state);

}  // namespace mediafs
