#pragma once

#include <optional>

#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"

namespace mediafs {

/// How often something has failed since it last made progress. Failures of different kinds are not counted
/// together: a malformed response after five refusals is the first of its kind.
class FailureCount {
 public:
  /// Counts one more, and gives how many of its kind there have been.
  int add(Errc failure);

 private:
  int transient_ = 0;
  int malformed_ = 0;
};

/// What has happened so far to one request.
struct RetryState {
  Errc failure = Errc::internal;        // of the last attempt
  int failures = 1;                     // of its kind: see FailureCount
  Duration left{};                      // until the deadline
  std::optional<Duration> retry_after;  // as the origin asked for, unclamped: waited for in the Gate
  double jitter = 0.5;                  // in [0, 1): drawn by the caller, so that this stays a pure function
};

/// The longest Retry-After of an origin that is respected.
inline constexpr Duration kLongestRetryAfter{60'000};

/// What a pause leaves of the time for one more attempt.
inline constexpr Duration kLastTry{500};

/// How long to wait before the next attempt; nothing where there should be none.
///
/// What may pass is tried again until the deadline, with full-jitter backoff: at most 50 ms at first, twice
/// as much each time, 5 s in the end, and never so long that no try fits before the deadline. Malformed and
/// unverifiable responses are asked for once more.
std::optional<Duration> delay_before_retry(const RetryState& state);

}  // namespace mediafs
