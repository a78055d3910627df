// How fast the origin takes requests, found by what it refuses: decisions alone, no effects.
#pragma once

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <deque>
#include <optional>

#include "mediafs/base/clock.h"

namespace mediafs {

/// Unlimited until the origin refuses; then the rate at which it has taken requests, slowly growing until it
/// refuses again (additive increase, multiplicative decrease: RFC 5681 section 3.1, by the second instead of
/// by the round trip). Guarded by its owner.
class Pace {
 public:
  static constexpr double kSlowest = 1;  // requests a second, so that the end of an outage is seen

  /// The earliest time at which the pace lets the next request be sent.
  [[nodiscard]] SteadyTime next() const { return std::max(closed_until_, next_); }
  /// Until when the origin has asked to be left alone.
  [[nodiscard]] SteadyTime closed_until() const { return closed_until_; }
  /// It has refused something lately: nothing is asked for that nobody waits for.
  [[nodiscard]] bool is_limited() const { return limited_; }
  /// The same, and because of 503 alone.
  [[nodiscard]] bool is_overloaded() const { return limited_ && overloaded_; }
  /// In requests a second. REQUIRES: is_limited().
  [[nodiscard]] double rate() const { return rate_; }

  void sent(SteadyTime now);
  /// An answer that is no refusal.
  void accepted(SteadyTime now);
  /// The origin took the request, and then failed.
  void failed(SteadyTime now);
  /// 429, or 503 with Retry-After; `rest`: how long the origin asks to be left alone.
  void refused(SteadyTime now, SteadyTime sent, Duration rest);
  /// 503 without a word on when to come again: a refusal where many of the last answers are.
  void overloaded(SteadyTime now, SteadyTime sent);

 private:
  enum class Answer { word, refusal, overload };

  void note(SteadyTime now, Answer answer);
  [[nodiscard]] double taken_per_second(SteadyTime now) const;
  void slow_down(SteadyTime now, SteadyTime sent, std::size_t refusals);

  static constexpr std::size_t kRecent = 20;
  std::bitset<kRecent> refusals_;    // which of the last answers were, newest first
  std::bitset<kRecent> overloads_;   // the same
  std::deque<SteadyTime> taken_at_;  // what was no refusal, of the last seconds
  std::optional<SteadyTime> began_;  // when the first answer came
  bool limited_ = false;
  bool overloaded_ = false;  // by 503 and not by 429
  bool found_ = false;       // it has been refused at the rate that it was given
  double rate_ = 0;
  double known_ = 0;          // the rate that has been seen to be taken: up to it growth is fast
  bool taken_since_ = false;  // anything has been accepted since the rate was lowered
  SteadyTime lowered_ = SteadyTime::min();
  SteadyTime last_refusal_ = SteadyTime::min();
  SteadyTime closed_until_ = SteadyTime::min();
  SteadyTime next_ = SteadyTime::min();
};

}  // namespace mediafs
