#include "mediafs/api/retry.h"

#include <algorithm>

namespace mediafs {

namespace {

constexpr int kAttemptsWhenMalformed = 2;
constexpr Duration kFirstBackoff{50};
constexpr Duration kLongestBackoff{5'000};
constexpr int kMostDoublings = 10;
constexpr Duration kShortestTry{50};  // before the deadline nothing is begun that has less

enum class RetryKind { until_the_deadline, once_more, never };

/// Not the store's is_transient, which says what leaves standing what is known here.
RetryKind kind_of(Errc failure) {
  switch (failure) {
    case Errc::unreachable:
    case Errc::unavailable:
    case Errc::timed_out:
    case Errc::throttled:
      return RetryKind::until_the_deadline;
    case Errc::protocol:
    case Errc::corrupt:
      return RetryKind::once_more;
    default:
      return RetryKind::never;
  }
}

Duration backoff(int failures, double jitter) {
  const Duration longest =
      std::min(kLongestBackoff, kFirstBackoff * (1 << std::clamp(failures - 1, 0, kMostDoublings)));
  return std::chrono::duration_cast<Duration>(longest * jitter);
}

}  // namespace

int FailureCount::add(Errc failure) {
  return kind_of(failure) == RetryKind::once_more ? ++malformed_ : ++transient_;
}

std::optional<Duration> delay_before_retry(const RetryState& state) {
  const RetryKind kind = kind_of(state.failure);
  if (kind == RetryKind::never) return std::nullopt;
  if (kind == RetryKind::once_more && state.failures >= kAttemptsWhenMalformed) return std::nullopt;
  const Duration asked_for = std::min(state.retry_after.value_or(Duration::zero()), kLongestRetryAfter);
  if (asked_for >= state.left || state.left < kShortestTry) return std::nullopt;
  const Duration last = state.left - std::min(kLastTry, state.left / 2);
  return std::min(backoff(state.failures, state.jitter), last);
}

}  // namespace mediafs
