#include "mediafs/store/listing_store.h"

#include <algorithm>
#include <list>

#include "mediafs/base/log.h"
#include "mediafs/crypto/pseudonym.h"
#include "store/effects.h"
#include "store/stop_callback.h"

namespace mediafs {

namespace {

constexpr auto kRememberFailure = std::chrono::seconds(1);
constexpr auto kAskAgainWhenKnown = std::chrono::seconds(10);

/// The origin may be back later, and nothing speaks against what is known.
bool may_pass(Errc code) {
  switch (code) {
    case Errc::unavailable:
    case Errc::untrusted:
    case Errc::timed_out:
    case Errc::throttled:
      return true;
    default:
      return false;
  }
}

/// Until when a listing is the present state, that was answered at `listed` on the wall's clock.
SteadyTime fresh_until(UnixSeconds listed, Duration ttl) {
  const auto age = std::chrono::seconds(wall_seconds() - listed);
  return age < std::chrono::seconds(0) || age >= ttl ? SteadyTime::min() : steady_now() + (ttl - age);
}

}  // namespace

struct ListingStore::Waiter {
  std::uint64_t id = 0;
  Done<ListingRef> done;
  std::unique_ptr<StopCallback> on_stop;
};

struct ListingStore::Listed {
  std::shared_ptr<ListingFetch> fetch;  // under way, if it is
  bool overdue = false;                 // for longer than a known listing is held back
  std::list<Waiter> waiters;
  SteadyTime fresh_until = SteadyTime::min();
  std::optional<Error> failure;  // of the last fetch
  SteadyTime believed_until = SteadyTime::min();

  void answer_all(Effects& effects, const Result<ListingRef>& answer) {
    for (Waiter& waiter : waiters) effects.add([done = std::move(waiter.done), answer] { done(answer); });
    waiters.clear();
  }
};

ListingStore::ListingStore(const Options& options, ApiClient& api, Catalog& catalog, Timer& timer)
    : options_(options), api_(api), catalog_(catalog), timer_(timer) {}

ListingStore::~ListingStore() = default;

ListingStore::Listed& ListingStore::state_of(const ListingKey& key) {
  std::unique_ptr<Listed>& state = listings_[key];
  if (!state) {
    state = std::make_unique<Listed>();
    const ListingRef known = catalog_.find_listing(key);
    if (known) state->fresh_until = fresh_until(known->listed, options_.ttl);
  }
  return *state;
}

bool ListingStore::is_fresh(const ListingKey& key) {
  const MutexLock lock(mutex_);
  return steady_now() < state_of(key).fresh_until;
}

void ListingStore::find(const ListingKey& key, Done<ListingRef> done, const std::stop_token& stop) {
  Effects effects;
  const MutexLock lock(mutex_);
  Listed& state = state_of(key);
  const SteadyTime now = steady_now();
  const ListingRef known = catalog_.find_listing(key);
  const bool failed = state.failure && now < state.believed_until;
  if (stopping_) {
    effects.add([done = std::move(done)] { done(Error{Errc::cancelled, "shutting down"}); });
  } else if (known &&
             (now < state.fresh_until || state.overdue || (failed && may_pass(state.failure->code)))) {
    effects.add([done = std::move(done), known] { done(known); });
  } else if (failed) {
    effects.add([done = std::move(done), error = *state.failure] { done(error); });
  } else {
    Waiter& waiter = state.waiters.emplace_back(Waiter{++last_waiter_, std::move(done), nullptr});
    if (stop.stop_possible()) {
      // The lock is held where a waiter ends, which waits for a callback that runs: so this calls nobody.
      waiter.on_stop = std::make_unique<StopCallback>(stop, [this, key, id = waiter.id] {
        timer_.at(steady_now(), [this, key, id] { abandon(key, id); });
      });
    }
    if (state.fetch) return;
    start(key, state);
    effects.add([fetch = state.fetch] { fetch->begin(); });
    if (known) timer_.at(now + options_.patience, [this, key] { lose_patience(key); });
  }
}

void ListingStore::start(const ListingKey& key, Listed& state) {
  log::debug("listing {}: GET", crypto::pseudonym(key.id.text()));
  state.failure.reset();
  state.fetch = api_.list(key, steady_now() + options_.deadline,
                          [this, key](Result<Listing> answer) { answered(key, std::move(answer)); });
}

void ListingStore::answered(const ListingKey& key, Result<Listing> answer) {
  std::optional<Error> failure;
  if (answer) {
    answer->listed = wall_seconds();
    catalog_.remember_listing(*std::move(answer));
  } else {
    failure = std::move(answer).error();
    if (failure->code == Errc::not_found) catalog_.forget_listing(key);
  }
  Effects effects;
  const MutexLock lock(mutex_);
  Listed& state = state_of(key);
  state.fetch.reset();
  state.overdue = false;
  const ListingRef known = catalog_.find_listing(key);
  const bool shown = known && (!failure || may_pass(failure->code));
  if (!failure) state.fresh_until = steady_now() + options_.ttl;
  if (failure && failure->code != Errc::cancelled) remember_failure(key, state, *failure, shown);
  state.answer_all(effects,
                   shown ? Result<ListingRef>(known) : Result<ListingRef>(failure.value_or(Error{})));
}

/// It is not asked again at once.
void ListingStore::remember_failure(const ListingKey& key, Listed& state, const Error& failure,
                                    bool known_is_shown) {
  Duration believed = kRememberFailure;
  if (known_is_shown) believed = kAskAgainWhenKnown;
  if (failure.code == Errc::not_found) believed = options_.negative_ttl;
  state.failure = failure;
  state.believed_until = steady_now() + believed;
  const auto level = failure.code == Errc::not_found ? log::Level::info : log::Level::warning;
  if (!log::enabled(level)) return;
  log::write(level,
             fmt::format("listing {}: {} ({}){}", crypto::pseudonym(key.id.text()), to_string(failure.code),
                         failure.context, known_is_shown ? "; the last one is shown" : ""));
}

/// The known listing is better than a long wait.
void ListingStore::lose_patience(const ListingKey& key) {
  Effects effects;
  const MutexLock lock(mutex_);
  Listed& state = state_of(key);
  const ListingRef known = catalog_.find_listing(key);
  if (!state.fetch || !known) return;
  state.overdue = true;
  state.answer_all(effects, known);
}

void ListingStore::abandon(const ListingKey& key, std::uint64_t waiter) {
  Effects effects;
  const MutexLock lock(mutex_);
  std::list<Waiter>& waiters = state_of(key).waiters;
  const auto found =
      std::find_if(waiters.begin(), waiters.end(), [&](const Waiter& w) { return w.id == waiter; });
  if (found == waiters.end()) return;
  effects.add([done = std::move(found->done)] { done(Error{Errc::cancelled, "nobody waits any more"}); });
  waiters.erase(found);
}

void ListingStore::stop() {
  std::vector<std::shared_ptr<ListingFetch>> fetches;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    for (const auto& [key, state] : listings_) {
      if (state->fetch) fetches.push_back(state->fetch);
    }
  }
  for (const auto& fetch : fetches) fetch->cancel();
}

}  // namespace mediafs
