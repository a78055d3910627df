// What the gate's judges say to an operator, and who is told when that changes.
#include "api/gate.h"
#include "mediafs/base/log.h"

namespace mediafs {

using State = ApiStats::State;

State Gate::judge_state() const {
  if (credentials_.is_open()) return State::denied;
  const auto down_from = circuit_.is_down_from();
  if (down_from && *down_from <= timer_.now()) return State::down;
  if (pace_.is_limited()) return State::throttled;
  return heard_ && !credentials_.waits_for_trial() ? State::up : State::unknown;
}

/// After whatever may change it. Who listens is told after the lock.
void Gate::note_state(Ready& ready) {
  look_later();
  const State state = judge_state();
  announce_throttling(state, ready);
  if (state == state_) return;
  state_ = state;
  since_ = timer_.clock().wall_seconds();
  if (listener_) ready.emplace_back([this] { tell_state(); });
}

/// An API that is down, or denies, is announced where that is decided.
void Gate::announce_throttling(State state, Ready& ready) {
  const bool throttles = pace_.is_limited() && (throttling_announced_ || state == State::throttled);
  if (throttles == std::exchange(throttling_announced_, throttles)) return;
  ready.emplace_back([throttles] {
    log::write_event(log::Level::info, throttles
                                           ? "the API throttles: it is asked no more often than it takes"
                                           : "the API throttles no more");
  });
}

/// That nothing is answered may be told by the time alone.
void Gate::look_later() {
  const auto down_from = circuit_.is_down_from();
  if (looks_later_ || !down_from || *down_from <= timer_.now()) return;
  looks_later_ = true;
  timer_.at(*down_from, [self = weak_from_this()] {
    if (const auto gate = self.lock()) gate->look();
  });
}

void Gate::look() {
  Ready ready;
  {
    const MutexLock lock(mutex_);
    looks_later_ = false;
    note_state(ready);
  }
  for (const auto& go : ready) go();
}

/// On one thread at a time: what is told last is what was so last.
void Gate::tell_state() {
  {
    const MutexLock lock(mutex_);
    if (std::exchange(telling_, true)) return;  // who tells now goes on with this
  }
  while (const auto state = next_to_tell()) listener_(*state);
}

std::optional<State> Gate::next_to_tell() {
  const MutexLock lock(mutex_);
  if (told_ == state_) {
    telling_ = false;
    return std::nullopt;
  }
  return told_ = state_;
}

void Gate::add_to(ApiStats& stats) {
  const MutexLock lock(mutex_);
  stats.state = state_;
  stats.since = since_;
  stats.held_back = waiting_.size();
  if (pace_.is_limited()) stats.rate = pace_.rate();
}

}  // namespace mediafs
