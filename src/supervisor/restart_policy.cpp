#include "supervisor/restart_policy.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>

#include <fmt/format.h>

namespace mediafs {

namespace {

constexpr std::array<Duration, 4> kDelays{Duration(0), Duration(100), Duration(1'000), Duration(5'000)};
constexpr Duration kAfterAKill{100};
constexpr Duration kAfterQuickKills{1'000};
constexpr std::chrono::seconds kAMoment{1};
constexpr std::chrono::seconds kAWhile{10};

}  // namespace

std::string text_of(const ServerEnd& end) {
  if (end.signal == 0) return fmt::format("ended with exit code {}", end.exit_code);
  return fmt::format("was ended by signal {} ({})", end.signal,
                     ::strsignal(end.signal));  // NOLINT: one thread
}

RestartPolicy::Decision RestartPolicy::after(const ServerEnd& end, SteadyTime now) {
  const bool killed = end.signal == SIGKILL;
  if (end.served && (killed || end.served_for >= kAWhile)) {
    failures_ = crashes_ = 0;
    quick_kills_ = end.served_for < kAMoment ? quick_kills_ + 1 : 0;
    return {.delay = quick_kills_ > kMostQuickKills ? kAfterQuickKills : Duration(0)};
  }
  if (failures_++ == 0) first_failure_ = now;
  const Duration delay = killed ? kAfterAKill : kDelays[std::min(crashes_, kDelays.size() - 1)];
  if (!killed) ++crashes_;
  return {.give_up = failures_ >= kMostFailures && now - first_failure_ >= kLeastTime,
          .delay = delay,
          .repeat_requests = killed || crashes_ < kRepeatAtMost};
}

}  // namespace mediafs
