#include "api/pace.h"

#include <algorithm>

namespace mediafs {

namespace {

using std::chrono::seconds;

constexpr double kLowered = 0.7;             // of the rate, at the least
constexpr double kLoweredWhenSeldom = 0.97;  // the same where few of the last answers were refusals
// Of the last 20. Fewer would be had by chance from an origin that refuses a few percent whatever the rate:
// it would be asked slower and slower, though it takes no less for it.
constexpr std::size_t kSeldom = 4;
constexpr double kGrowth = 0.0028;        // of the rate, with each request that is taken
constexpr double kGrowthWhenCalm = 0.02;  // the same where nothing has been refused for a while
// What was taken before the first refusal is what was asked for, and the origin may take much more.
constexpr double kGrowthUntilFound = 0.15;
constexpr auto kCalm = seconds(10);
constexpr auto kForgotten = seconds(30);  // without a refusal: no limit any more
constexpr double kRateWhenNothingIsTaken = 100;
constexpr std::size_t kEnoughToTell = 10;  // requests, for a rate
constexpr auto kWindows = {seconds(1), seconds(2), seconds(4), seconds(8)};
constexpr std::size_t kMostRemembered = 10'000;

SteadyTime::duration between(double rate) {
  return std::chrono::duration_cast<SteadyTime::duration>(std::chrono::duration<double>(1 / rate));
}

}  // namespace

void Pace::sent(SteadyTime now) {
  if (limited_) next_ = std::max(now, next_) + between(rate_);
}

void Pace::note(SteadyTime now, Answer answer) {
  if (!began_) began_ = now;
  refusals_ <<= 1;
  refusals_.set(0, answer == Answer::refusal);
  overloads_ <<= 1;
  overloads_.set(0, answer == Answer::overload);
  if (answer == Answer::refusal) return;
  taken_at_.push_back(now);
  while (taken_at_.front() < now - seconds(8) || taken_at_.size() > kMostRemembered) taken_at_.pop_front();
}

/// Over the shortest time that tells, for the last one is what counts.
double Pace::taken_per_second(SteadyTime now) const {
  const auto known = std::max<SteadyTime::duration>(now - *began_, seconds(1));
  double rate = 0;
  for (const SteadyTime::duration window : kWindows) {
    const auto span = std::min(window, known);
    const auto first = std::lower_bound(taken_at_.begin(), taken_at_.end(), now - span);
    const auto count = static_cast<std::size_t>(taken_at_.end() - first);
    rate = static_cast<double>(count) / std::chrono::duration<double>(span).count();
    if (count >= kEnoughToTell || span == known) break;
  }
  return rate;
}

void Pace::accepted(SteadyTime now) {
  note(now, Answer::word);
  if (!limited_) return;
  if (now - last_refusal_ >= kForgotten) {
    limited_ = found_ = false;
    next_ = SteadyTime::min();
    return;
  }
  taken_since_ = true;
  const bool calm = now - last_refusal_ >= kCalm;
  const double before = rate_;
  double growth = calm ? kGrowthWhenCalm : kGrowth;
  if (!found_) growth = kGrowthUntilFound;
  rate_ = rate_ < known_ ? std::min(known_, 2 * rate_) : rate_ * (1 + growth);
  if (next_ > now)
    next_ = now + std::chrono::duration_cast<SteadyTime::duration>((next_ - now) * (before / rate_));
}

void Pace::failed(SteadyTime now) {
  note(now, Answer::word);
}

void Pace::refused(SteadyTime now, SteadyTime sent, Duration rest) {
  note(now, Answer::refusal);
  closed_until_ = std::max(closed_until_, now + rest);
  overloaded_ = false;
  slow_down(now, sent, refusals_.count());
}

void Pace::overloaded(SteadyTime now, SteadyTime sent) {
  note(now, Answer::overload);
  if (overloads_.count() * 3 <= kRecent) return;
  overloaded_ = true;
  slow_down(now, sent, overloads_.count());
}

/// Once for all that was sent at one rate; `refusals` of the last answers were such.
void Pace::slow_down(SteadyTime now, SteadyTime sent, std::size_t refusals) {
  last_refusal_ = now;
  if (limited_ && sent <= lowered_) return;
  const double taken = taken_per_second(now);
  if (!limited_) {
    known_ = taken > 0 ? taken : kRateWhenNothingIsTaken;
    rate_ = taken;
  } else if (taken_since_) {
    const double lowered = refusals > kSeldom ? kLowered : kLoweredWhenSeldom;
    rate_ = std::max(found_ ? lowered * rate_ : 0, std::min(rate_, taken));
    known_ = std::min(known_, rate_);
    found_ = true;
  } else {
    rate_ = rate_ / 2;
  }
  rate_ = std::max(rate_, kSlowest);
  known_ = std::max(known_, rate_);
  limited_ = true;
  taken_since_ = false;
  lowered_ = now;
  next_ = std::max(next_, now + between(rate_));
}

}  // namespace mediafs
