#include "api/gate.h"

#include <algorithm>
#include <iterator>

#include "mediafs/api/retry.h"
#include "mediafs/base/log.h"
#include "mediafs/crypto/random.h"

namespace mediafs {

namespace {

constexpr Duration kJitterBehindRest{1'000};  // else all hosts come in the same moment

// What an origin takes at one time is not known at first: no more is fetched ahead than half of what it has
// answered.
constexpr std::size_t kAheadAtFirst = 4;
constexpr std::size_t kAnswersThatTell = 50;

/// How long the origin asks to be left alone, with the jitter.
Duration rest_of(std::optional<Duration> retry_after) {
  if (!retry_after) return Duration::zero();
  const Duration asked_for = std::clamp(*retry_after, Duration::zero(), kLongestRetryAfter);
  const std::chrono::duration<double, Duration::period> jitter(kJitterBehindRest.count() *
                                                               crypto::random_fraction());
  return asked_for + std::chrono::duration_cast<Duration>(jitter);
}

}  // namespace

Gate::Ticket Gate::new_ticket() {
  const MutexLock lock(mutex_);
  return Ticket{++last_ticket_};
}

SteadyTime Gate::next() const {
  return std::max(pace_.next(), circuit_.is_open() ? circuit_.next_probe() : SteadyTime::min());
}

/// Why it has no use to wait.
std::optional<Error> Gate::refusal(const Passage& passage) {
  if (passage.priority == Priority::ahead && in_trouble())
    return Error{Errc::throttled, "nothing is fetched ahead while the origin is in trouble"};
  if (pace_.closed_until() >= passage.deadline)
    return Error{Errc::throttled, "the origin asks to be left alone for longer than the deadline"};
  if (!passage.is_next_secret && !credentials_.lets_through(timer_.now(), passage.id))
    return Error{Errc::denied, "the API does not take the credentials"};
  return std::nullopt;
}

bool Gate::has_room_ahead() const {
  return answers_ >= kAnswersThatTell || ahead_under_way_ < kAheadAtFirst + answers_ / 2;
}

void Gate::pass(Ticket ticket, Passage passage) {
  Ready ready;
  {
    const MutexLock lock(mutex_);
    if (auto error = refusal(passage)) {
      ready.emplace_back([go = std::move(passage.go), error = *std::move(error)] { go(error); });
    } else if (passage.is_next_secret) {
      send(std::move(passage), ready);  // its question has had its turn, and others wait for what comes of it
    } else {
      waiting_.emplace(std::pair(passage.priority, ticket), std::move(passage));
      ready = let_pass();
    }
  }
  for (const auto& go : ready) go();
}

/// Takes out of the queue what has no use to wait there any more.
void Gate::turn_away(Ready& ready) {
  if (!in_trouble()) return;
  for (auto waiting = waiting_.begin(); waiting != waiting_.end();) {
    const auto error = refusal(waiting->second);
    if (!error) {
      ++waiting;
      continue;
    }
    ready.emplace_back([go = std::move(waiting->second.go), error = *error] { go(error); });
    waiting = waiting_.erase(waiting);
  }
}

/// The first, or where it is a probe the first that tells something of the origin. REQUIRES: somebody waits.
Gate::Queue::iterator Gate::next_to_pass() {
  if (!circuit_.is_open()) return waiting_.begin();
  const auto telling =
      std::find_if(waiting_.begin(), waiting_.end(), [this](const auto& one) REQUIRES(mutex_) {
        return !circuit_.is_known_to_fail(timer_.now(), one.second.id);
      });
  return telling == waiting_.end() ? waiting_.begin() : telling;
}

void Gate::send(Passage passage, Ready& ready) {
  const SteadyTime now = timer_.now();
  if (passage.priority == Priority::ahead) ++ahead_under_way_;
  circuit_.sent(now);
  pace_.sent(now);
  if (!passage.is_next_secret) credentials_.sent(now, passage.id);
  ready.emplace_back([go = std::move(passage.go), as = passage.priority] { go(as); });
}

/// Takes out of the queue what is to be called now.
Gate::Ready Gate::let_pass() {
  Ready ready;
  turn_away(ready);
  const SteadyTime now = timer_.now();
  while (!waiting_.empty() && next() <= now) {
    const auto first = next_to_pass();
    if (first->second.priority == Priority::ahead && !has_room_ahead()) break;
    send(std::move(first->second), ready);
    waiting_.erase(first);
    if (credentials_.is_open()) turn_away(ready);  // that was the probe
  }
  wake_later();
  return ready;
}

/// What is fetched ahead has its turn with an answer; all else with the time.
void Gate::wake_later() {
  if (waiting_.empty()) return;
  const SteadyTime when = next();
  if (when <= timer_.now() || (wakes_at_ && *wakes_at_ <= when)) return;
  wakes_at_ = when;
  timer_.at(when, [self = weak_from_this()] {
    if (const auto gate = self.lock()) gate->wake();
  });
}

void Gate::wake() {
  Ready ready;
  {
    const MutexLock lock(mutex_);
    if (wakes_at_ && *wakes_at_ <= timer_.now()) wakes_at_.reset();
    ready = let_pass();
  }
  for (const auto& go : ready) go();
}

Gate::Queue::iterator Gate::find(Ticket ticket) {
  for (const Priority priority : {Priority::reader, Priority::listing, Priority::ahead}) {
    const auto found = waiting_.find({priority, ticket});
    if (found != waiting_.end()) return found;
  }
  return waiting_.end();
}

bool Gate::leave(Ticket ticket) {
  Done<Priority> left;  // destroyed after the lock
  const MutexLock lock(mutex_);
  const auto found = find(ticket);
  if (found == waiting_.end()) return false;
  left = std::move(found->second.go);
  waiting_.erase(found);
  return true;
}

void Gate::hasten(Ticket ticket) {
  Ready ready;
  {
    const MutexLock lock(mutex_);
    const auto found = find(ticket);
    if (found == waiting_.end() || found->second.priority == Priority::reader) return;
    Passage passage = std::move(found->second);
    waiting_.erase(found);
    passage.priority = Priority::reader;
    waiting_.emplace(std::pair(passage.priority, ticket), std::move(passage));
    ready = let_pass();
  }
  for (const auto& go : ready) go();
}

void Gate::answered(const Answer& answer) {
  Ready ready;
  {
    const MutexLock lock(mutex_);
    take_in(answer, ready);
    note_state(ready);
    Ready passing = let_pass();
    std::move(passing.begin(), passing.end(), std::back_inserter(ready));
  }
  for (const auto& go : ready) go();
}

/// What is to be said of it is said after the lock.
void Gate::take_in(const Answer& answer, Ready& ready) {
  if (answer.priority == Priority::ahead) --ahead_under_way_;
  if (answer.outcome == Outcome::unknown) return;
  note_pace(answer);
  note_circuit(answer, ready);
  note_credentials(answer, ready);
}

void Gate::note_pace(const Answer& answer) {
  const SteadyTime now = timer_.now();
  switch (answer.outcome) {
    case Outcome::refused:
      return pace_.refused(now, answer.sent, rest_of(answer.retry_after));
    case Outcome::overloaded:
      return pace_.overloaded(now, answer.sent);
    case Outcome::answered:
    case Outcome::head_came:
    case Outcome::next_secret:
    case Outcome::not_the_api:
    case Outcome::key_denied:
    case Outcome::id_denied:
      ++answers_;
      return pace_.accepted(now);
    case Outcome::failed:
      return pace_.failed(now);
    case Outcome::unreachable:
    case Outcome::untrusted:
    case Outcome::unknown:
      return;
  }
}

void Gate::note_circuit(const Answer& answer, Ready& ready) {
  const bool no_connection = answer.outcome == Outcome::unreachable;
  const bool failed = answer.outcome == Outcome::failed || answer.outcome == Outcome::overloaded;
  heard_ = heard_ || answer.outcome == Outcome::head_came;
  if (answer.outcome == Outcome::head_came || answer.outcome == Outcome::next_secret) return;
  if (answer.outcome == Outcome::untrusted) return circuit_.untrusted();
  if (no_connection || failed) return note_failure(answer.id, no_connection, ready);
  note_life(answer.id, ready);
}

void Gate::note_life(const MediaId& id, Ready& ready) {
  heard_ = true;
  if (circuit_.answered(timer_.now(), id) && std::exchange(was_announced_, false))
    ready.emplace_back([] { log::write_event(log::Level::info, "the origin answers again"); });
}

/// It is said that the circuit is open when the first probe has failed too.
void Gate::note_failure(const MediaId& id, bool no_connection, Ready& ready) {
  const bool opened = no_connection ? circuit_.unreachable() : circuit_.failed(timer_.now(), id);
  if (opened || !circuit_.is_open() || std::exchange(was_announced_, true)) return;
  ready.emplace_back([no_connection] {
    log::write_event(log::Level::warning,
                     fmt::format("the origin {}: until it answers it is asked once a second",
                                 no_connection ? "cannot be reached" : "does not answer as it should"));
  });
}

void Gate::body(const MediaId& id, bool well) {
  Ready ready;
  {
    const MutexLock lock(mutex_);
    well ? note_life(id, ready) : note_failure(id, /*no_connection=*/false, ready);
    note_state(ready);
    Ready passing = let_pass();
    std::move(passing.begin(), passing.end(), std::back_inserter(ready));
  }
  for (const auto& go : ready) go();
}

void Gate::note_credentials(const Answer& answer, Ready& ready) {
  const bool of_the_key = answer.outcome == Outcome::key_denied;
  if (of_the_key || answer.outcome == Outcome::id_denied) {
    if (answer.credentials < credentials_number_) return;  // of those before
    if (!credentials_.denied(timer_.now(), answer.id, of_the_key)) return;
    ready.emplace_back([] {
      log::write_event(
          log::Level::error,
          fmt::format("the API does not take the credentials: until they are others it is asked once in {} s",
                      CredentialsCircuit::kBetweenProbes.count() / 1000));
    });
  } else if ((answer.outcome == Outcome::answered || answer.outcome == Outcome::head_came) &&
             credentials_.accepted(timer_.now(), answer.sent, answer.id)) {
    ready.emplace_back([] { log::write_event(log::Level::info, "the API takes the credentials again"); });
  }
}

void Gate::credentials_replaced(std::uint64_t number) {
  Ready ready;
  {
    const MutexLock lock(mutex_);
    credentials_number_ = std::max(credentials_number_, number);
    credentials_.replaced();
    note_state(ready);
  }
  for (const auto& go : ready) go();
}

std::optional<Error> Gate::why_it_waits() {
  const MutexLock lock(mutex_);
  if (circuit_.is_open()) return Error{Errc::unavailable, "the origin does not answer"};
  if (pace_.is_overloaded()) return Error{Errc::unavailable, "the origin is overloaded"};
  if (pace_.is_limited()) return Error{Errc::throttled, "the origin takes no more requests in this time"};
  return std::nullopt;
}

}  // namespace mediafs
