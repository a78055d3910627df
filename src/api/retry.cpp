#include "mediafs/api/retry.h"

#include <algorithm>

namespace mediafs {

namespace {

constexpr int kAttempts = 5;
constexpr int kAttemptsWhenMalformed = 2;
constexpr Duration kFirstBackoff{200};
constexpr Duration kLongestRetryAfter{60'000};

int attempts_allowed(Errc failure) {
  switch (failure) {
    case Errc::unavailable:
    case Errc::timed_out:
    case Errc::throttled:
      return kAttempts;
    case Errc::protocol:
    case Errc::corrupt:
      return kAttemptsWhenMalformed;
    default:
      return 1;
  }
}

Duration backoff(int attempts, double jitter) {
  const Duration longest = kFirstBackoff * (1 << std::min(attempts - 1, 10));
  return std::chrono::duration_cast<Duration>(longest * jitter);
}

}  // namespace

std::optional<Duration> delay_before_retry(const RetryState& state) {
  if (state.attempts >= attempts_allowed(state.failure)) return std::nullopt;
  const Duration delay = state.retry_after
                             ? std::clamp(*state.retry_after, Duration::zero(), kLongestRetryAfter)
                             : backoff(state.attempts, state.jitter);
  if (delay >= state.left) return std::nullopt;
  return delay;
}

}  // namespace mediafs
