#include "mediafs/store/listing_store.h"

#include <algorithm>

#include "mediafs/base/log.h"
#include "mediafs/crypto/pseudonym.h"
#include "store/deferred_actions.h"
#include "store/transient.h"
#include "store/waiting_list.h"

namespace mediafs {

namespace {

constexpr auto kFailureTtl = std::chrono::seconds(1);
constexpr auto kAskAgainWhenKnown = std::chrono::seconds(10);
constexpr std::size_t kMostRefreshing = 4;
constexpr std::size_t kMostAhead = 100;

/// Until when a listing is the present state, that was answered at `listed` on the wall's clock.
SteadyTime fresh_until(UnixSeconds listed, Duration ttl, const Clock& clock) {
  const auto age = std::chrono::seconds(clock.wall_seconds() - listed);
  return age < std::chrono::seconds(0) || age >= ttl ? SteadyTime::min() : clock.now() + (ttl - age);
}

void complain(const ListingKey& key, const Error& failure, bool known_is_shown) {
  const auto level = is_denial(failure.code) ? log::Level::info : log::Level::warning;
  if (!log::enabled(level)) return;
  log::write(level,
             fmt::format("listing {}: {} ({}){}", crypto::pseudonym(key.id.text()), to_string(failure.code),
                         failure.context, known_is_shown ? "; the last one is shown" : ""));
}

}  // namespace

struct ListingStore::Waiter {
  Older older{};
  Done<ListingRef> done;
};

struct ListingStore::Listed {
  Listed(Timer& timer, WaitingList<Waiter>::Told on_stop) : waiters(timer, {.on_stop = std::move(on_stop)}) {}

  std::shared_ptr<Request> fetch;  // under way, if it is
  std::uint64_t fetch_number = 0;  // of that; an answer to an earlier one counts no more
  bool is_refresh = false;         // it began with nobody waiting
  bool is_ahead = false;           // nobody waited for it when it began
  bool leads_on = false;           // what the attempts hold that it tells of is wanted too
  bool overdue = false;            // for longer than a known listing is held back
  WaitingList<Waiter> waiters;
  SteadyTime fresh_until = SteadyTime::min();
  std::optional<Error> failure;  // of the last fetch
  SteadyTime failed{};           // when

  /// Those that take an older listing get the known one; the others wait on.
  void show(DeferredActions& deferred, const ListingRef& known) {
    waiters.take_if(
        [](const Waiter& waiter) { return waiter.older == Older::shown; },
        [&](Waiter&& waiter) { deferred.add([done = std::move(waiter.done), known] { done(known); }); });
  }

  /// Those that take an older listing get `for_some`.
  void answer(DeferredActions& deferred, const Result<ListingRef>& for_some,
              const Result<ListingRef>& for_others) {
    for (Waiter& waiter : waiters.take_all()) {
      deferred.add([done = std::move(waiter.done),
                    answer = waiter.older == Older::shown ? for_some : for_others] { done(answer); });
    }
  }
};

ListingStore::ListingStore(const Options& options, MediaSource& source, Catalog& catalog, Timer& timer)
    : options_(options), source_(source), catalog_(catalog), timer_(timer) {}

ListingStore::~ListingStore() = default;

void ListingStore::on_change(std::function<void(const ListingKey&)> listener) {
  changed_ = std::move(listener);
}

ListingStore::Listed& ListingStore::state_of(const ListingKey& key) {
  if (listings_.size() > drop_above_) drop_idle();
  std::unique_ptr<Listed>& state = listings_[key];
  if (!state) {
    state = std::make_unique<Listed>(timer_, [this, key](auto waiter) { abandon(key, waiter); });
    const ListingRef known = catalog_.find_listing(key);
    if (known) state->fresh_until = fresh_until(known->listed, options_.ttl, timer_.clock());
  }
  return *state;
}

/// What is left of questions that came to nothing. Should somebody guess ids, asking again is the lesser
/// evil.
void ListingStore::drop_idle() {
  std::erase_if(listings_, [&](const auto& entry) {
    return !entry.second->fetch && entry.second->waiters.empty() && !catalog_.find_listing(entry.first);
  });
  drop_above_ = std::max(kMostStates, 2 * listings_.size());  // what is left may be there for good
}

bool ListingStore::is_fresh(const ListingKey& key) {
  const MutexLock lock(mutex_);
  return timer_.now() < state_of(key).fresh_until;
}

/// Whether the last failure still counts, so that the origin is not asked again at once.
bool ListingStore::failure_still_cached(const Listed& state, Older older, bool known) const {
  if (!state.failure) return false;
  Duration ttl = kFailureTtl;
  if (known && older == Older::shown && is_transient(state.failure->code)) {
    ttl = std::max(ttl, std::min<Duration>(kAskAgainWhenKnown, options_.ttl));
  }
  if (is_denial(state.failure->code)) ttl = options_.negative_ttl;
  return timer_.now() < state.failed + ttl;
}

void ListingStore::find(const ListingKey& key, Older older, Done<ListingRef> done,
                        const std::stop_token& stop) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  Listed& state = state_of(key);
  const ListingRef known = catalog_.find_listing(key);
  const bool failed = failure_still_cached(state, older, known != nullptr);
  const bool old_will_do =
      older == Older::shown && (state.overdue || (failed && is_transient(state.failure->code)));
  if (stopping_) {
    deferred.add([done = std::move(done)] { done(Error{Errc::cancelled, "shutting down"}); });
  } else if (known && (timer_.now() < state.fresh_until || old_will_do)) {
    deferred.add([done = std::move(done), known] { done(known); });
  } else if (failed) {
    deferred.add([done = std::move(done), error = *state.failure] { done(error); });
  } else {
    state.waiters.add({older, std::move(done)}, stop);
    if (!state.fetch) start(deferred, key, state, Priority::listing);
    if (state.is_ahead) deferred.add([fetch = state.fetch] { fetch->hasten(); });
    if (!known) return;
    timer_.after(options_.patience,
                 [this, key, fetch = std::weak_ptr(state.fetch)] { lose_patience(key, fetch); });
  }
}

void ListingStore::refresh(const ListingKey& key) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  start_unasked(deferred, key, Priority::listing);
}

/// False: there are too many already.
bool ListingStore::start_unasked(DeferredActions& deferred, const ListingKey& key, Priority priority) {
  Listed& state = state_of(key);
  const bool wanted =
      timer_.now() >= state.fresh_until && !state.fetch && !failure_still_cached(state, Older::shown, true);
  if (!wanted || stopping_) return true;
  if (refreshing_ >= kMostRefreshing) return false;
  start(deferred, key, state, priority);
  state.is_refresh = true;
  state.is_ahead = priority == Priority::ahead;
  ++refreshing_;
  return true;
}

void ListingStore::fetch_attempts_ahead(const MediaId& session) {
  const ListingKey key{ListingKind::session_attempts, session};
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  Listed& state = state_of(key);
  const ListingRef known = catalog_.find_listing(key);
  if (known && timer_.now() < state.fresh_until) {
    queue_ahead(*known);
  } else {
    state.leads_on = true;
    if (ahead_.size() < kMostAhead) ahead_.push_back(key);
  }
  start_ahead(deferred);
}

void ListingStore::queue_ahead(const Listing& attempts) {
  for (const ListedAttempt& attempt : attempts.attempts) {
    if (ahead_.size() < kMostAhead) ahead_.push_back({ListingKind::attempt_media, attempt.id});
  }
}

void ListingStore::start_ahead(DeferredActions& deferred) {
  while (!ahead_.empty() && start_unasked(deferred, ahead_.front(), Priority::ahead)) ahead_.pop_front();
}

void ListingStore::start(DeferredActions& deferred, const ListingKey& key, Listed& state, Priority priority) {
  log::debug("listing {}: GET", crypto::pseudonym(key.id.text()));
  state.fetch_number = ++last_fetch_;
  state.fetch = source_.list(key, priority, timer_.now() + options_.deadline,
                             [this, key, number = state.fetch_number](Result<Listing> answer) {
                               answered(key, number, std::move(answer));
                             });
  deferred.add([fetch = state.fetch] { fetch->begin(); });
}

/// Whether the fetch has not been overtaken by an erasure.
bool ListingStore::is_current(const ListingKey& key, std::uint64_t fetch) {
  const MutexLock lock(mutex_);
  return state_of(key).fetch_number == fetch;
}

/// Makes the answer what is known. False: nobody wants it any more.
bool ListingStore::take_in(const ListingKey& key, std::uint64_t fetch, Result<Listing>& answer) {
  const bool gone = !answer && answer.error().code == Errc::not_found;
  // A session's attempts are out of reach with it.
  const ListingKey attempts{ListingKind::session_attempts, key.id};
  const bool attempts_too = gone && key.kind == ListingKind::session_media;
  {
    const MutexLock order(taking_in_);
    if (!is_current(key, fetch)) return false;
    if (answer) {
      answer->listed = timer_.clock().wall_seconds();
      catalog_.remember_listing(*std::move(answer));
    } else if (gone) {
      catalog_.forget_listing(key);
      if (attempts_too) catalog_.forget_listing(attempts);
    } else {
      return true;
    }
  }
  if (attempts_too) changed_(attempts);
  changed_(key);
  return true;
}

bool ListingStore::erase(const ListingKey& key) {
  return renew(key, [&] { catalog_.forget_listing(key); });
}

bool ListingStore::remove_from_listing(const ListingKey& key, const std::vector<MediaId>& media) {
  return renew(key, [&] { catalog_.remove_from_listing(key, media); });
}

/// Nothing that was asked before it counts after the change.
bool ListingStore::renew(const ListingKey& key, const std::function<void()>& change) {
  bool known = false;
  {
    DeferredActions deferred;
    const MutexLock order(taking_in_);
    {
      const MutexLock lock(mutex_);
      Listed& state = state_of(key);
      if (state.fetch) deferred.add([fetch = std::move(state.fetch)] { fetch->cancel(); });
      state.fetch.reset();
      state.fetch_number = 0;
      state.overdue = false;
      state.failure.reset();
      state.fresh_until = SteadyTime::min();
      state.is_ahead = state.leads_on = false;
      ahead_.clear();  // it may lead to what is being erased; the rest is asked for when it is used
      if (std::exchange(state.is_refresh, false)) --refreshing_;
      known = catalog_.find_listing(key) != nullptr;
    }
    change();
  }
  changed_(key);
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  Listed& state = state_of(key);
  if (!state.fetch && !state.waiters.empty() && !stopping_) start(deferred, key, state, Priority::listing);
  return known;
}

void ListingStore::answered(const ListingKey& key, std::uint64_t fetch, Result<Listing> answer) {
  const auto failure = answer ? std::nullopt : std::optional(answer.error());
  if (!take_in(key, fetch, answer)) return;
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  if (state_of(key).fetch_number != fetch) return;  // erased since, and asked for anew
  end_fetch(deferred, key, failure);
  start_ahead(deferred);
}

void ListingStore::end_fetch(DeferredActions& deferred, const ListingKey& key,
                             const std::optional<Error>& failure) {
  Listed& state = state_of(key);
  state.fetch.reset();
  state.fetch_number = 0;
  state.overdue = false;
  if (std::exchange(state.is_refresh, false)) --refreshing_;
  const ListingRef known = catalog_.find_listing(key);
  const bool was_ahead = std::exchange(state.is_ahead, false);
  // Nobody had asked, and so it was not insisted on; who waits by now has it asked for anew.
  const bool of_no_account = was_ahead && failure && is_transient(failure->code);
  if (of_no_account && known) state.show(deferred, known);
  if (of_no_account && !state.waiters.empty() && !stopping_)
    return start(deferred, key, state, Priority::listing);
  if (std::exchange(state.leads_on, false) && !failure && known) queue_ahead(*known);
  if (!failure) {
    state.failure.reset();
    state.fresh_until = timer_.now() + options_.ttl;
    return state.answer(deferred, known, known);
  }
  const bool shown = known && is_transient(failure->code);
  if (failure->code != Errc::cancelled && !of_no_account) {
    state.failed = timer_.now();
    state.failure = failure;
    if (failure->code == Errc::not_found_by_gateway && !shown) state.failure.reset();  // for who asked alone
    complain(key, *failure, shown);
  }
  state.answer(deferred, shown ? Result<ListingRef>(known) : Result<ListingRef>(*failure), *failure);
}

/// The known listing is better than a long wait.
void ListingStore::lose_patience(const ListingKey& key, const std::weak_ptr<Request>& fetch) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  Listed& state = state_of(key);
  const ListingRef known = catalog_.find_listing(key);
  if (!state.fetch || state.fetch != fetch.lock() || !known) return;
  state.overdue = true;
  state.show(deferred, known);
}

void ListingStore::abandon(const ListingKey& key, std::uint64_t waiter) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  const auto gone = state_of(key).waiters.take(waiter);
  if (!gone) return;
  deferred.add([done = gone->done] { done(Error{Errc::cancelled, "nobody waits any more"}); });
}

void ListingStore::stop() {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  stopping_ = true;
  ahead_.clear();
  for (const auto& [key, state] : listings_) {
    if (state->fetch) deferred.add([fetch = state->fetch] { fetch->cancel(); });
    const Error ended{Errc::cancelled, "shutting down"};
    state->answer(deferred, ended, ended);
  }
}

}  // namespace mediafs
