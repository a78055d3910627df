#include "store/download/download.h"

#include <algorithm>
#include <utility>

#include "mediafs/base/log.h"
#include "mediafs/crypto/pseudonym.h"
#include "store/download/recovery.h"

namespace mediafs {

namespace {

/// Why nothing new is begun, if so.
std::optional<Error> refusal(const StoreContext& context, const std::optional<RecentFailure>& failure) {
  if (context.stopping()) return Error{Errc::cancelled, "shutting down"};
  return failure->at(context.timer.now());
}

}  // namespace

Download::Download(MediaId id, std::shared_ptr<StoreContext> context)
    : id_(std::move(id)), context_(std::move(context)), version_(id_, context_) {}

std::shared_ptr<Download> Download::create(const MediaId& id, std::shared_ptr<StoreContext> context) {
  const std::shared_ptr<Download> created(new Download(id, std::move(context)));
  Download& self = *created;
  Timer& timer = self.context_->timer;
  const auto run = [weak = std::weak_ptr(created)](const Fetcher::Job& job) {
    if (const auto download = weak.lock()) download->run(job);
  };
  const Fetcher::Later later = [&timer, run](Duration wait, Fetcher::Job job) {
    timer.after(wait, [run, job = std::move(job)] { run(job); });
  };
  const auto end_wait = [run, &self](bool stopped) {
    return [run, &self, stopped](Waiters::Id waiter) {
      run([&self, stopped, waiter](DeferredActions& deferred)
              REQUIRES(self.mutex_) { self.end_wait(deferred, waiter, stopped); });
    };
  };
  const MutexLock lock(self.mutex_);
  self.waiters_.emplace(timer, self.context_->options.deadline, end_wait(false), end_wait(true));
  self.receiver_.emplace(self.version_, *self.waiters_);
  self.fetcher_.emplace(id, self.context_, self.version_, *self.waiters_, created, later);
  self.failure_.emplace([later](Duration wait) { later(wait, [](DeferredActions&) {}); });
  return created;
}

void Download::load() {
  const MutexLock lock(mutex_);
  if (pin_) return;
  pin_.emplace(context_->cache, id_);
  version_.load();
}

void Download::run(const Fetcher::Job& job) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  job(deferred);
  settle(deferred);
}

/// The end of every event.
void Download::settle(DeferredActions& deferred) {
  fetcher_->settle(deferred);
  if (fetcher_->idle()) deferred.add([context = context_, id = id_] { context->idle(id); });
}

void Download::find(Done<MediaItemRef> done, const std::stop_token& stop) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  if (const MediaItemRef& item = version_.item()) {
    deferred.add([done = std::move(done), item] { done(item); });
  } else if (const auto error = refusal(*context_, failure_)) {
    deferred.add([done = std::move(done), error = *error] { done(error); });
  } else {
    waiters_->add_finder(std::move(done), stop);
    settle(deferred);
  }
}

bool Download::read(const MediaItemRef& item, ByteRange range, const std::vector<ConstBuffer>& chunks,
                    const Done<Slices>& done, CacheLook cache, const std::stop_token& stop) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  if (item->revision != version_.revision()) {
    deferred.add([done] { done(Error{Errc::changed, "another version than was opened"}); });
    return true;
  }
  PendingRead read(range, chunks, done);
  // Streams put chunks into the memory under this lock, so none can slip by between this look and waiting for
  // it.
  read.take_from([&](ChunkIndex index) { return context_->memory().get({item->revision, index}); });
  if (read.complete()) {
    deferred.add([done, slices = read.slices()]() mutable { done(std::move(slices)); });
    fetcher_->note_read(deferred, range, /*may_fetch_ahead=*/!refusal(*context_, failure_));
    return true;
  }
  const ChunkIndex missing = read.first_missing();
  if (cache == CacheLook::may_have_come && version_.seen().seen(missing)) return false;
  if (cache != CacheLook::hangs && version_.has_lost(missing)) {
    deferred.add(
        [done] { done(Error{Errc::changed, "lost from the cache, and no tag tells it from others"}); });
    change_version(deferred, Errc::changed);
    settle(deferred);
    return true;
  }
  const auto error = refusal(*context_, failure_);
  if (error &&
      (context_->stopping() || failure_->concerns(missing, is_in_flight(fetcher_->situation(), missing)))) {
    deferred.add([done, error = *error] { done(error); });
    return true;
  }
  const Waiters::Id waiter = waiters_->add_read(std::move(read), stop);
  receiver_->offer_filling(deferred, fetcher_->streams());
  fetcher_->note_waiting_read(deferred, range, waiter, missing, /*may_fetch_ahead=*/!error);
  return true;
}

void Download::note_read(ByteRange range) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  fetcher_->note_read(deferred, range, /*may_fetch_ahead=*/!refusal(*context_, failure_));
}

void Download::fetch_head() {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  if (!fetcher_->streams().empty() || version_.seen().seen(ChunkIndex{0}) || refusal(*context_, failure_))
    return;
  if (version_.item() && context_->is_here(*version_.item())) return;  // it has come meanwhile
  fetcher_->begin(deferred);
}

Error Download::why_stale() const {
  const MutexLock lock(mutex_);
  return refusal(*context_, failure_).value_or(Error{Errc::changed, "another version than was opened"});
}

void Download::opened() {
  run([this](DeferredActions&) REQUIRES(mutex_) { fetcher_->opened(); });
}

void Download::closed() {
  run([this](DeferredActions&) REQUIRES(mutex_) { fetcher_->closed(); });
}

void Download::stop() {
  run([this](DeferredActions& deferred) REQUIRES(mutex_) {
    fetcher_->streams().cancel_all(deferred);
    fetcher_->streams().drop_retrying();
    fail(deferred, Error{Errc::cancelled, "shutting down"});
  });
}

/// A waiter's deadline has passed, or it has stopped waiting.
void Download::end_wait(DeferredActions& deferred, Waiters::Id waiter, bool stopped) {
  if (!stopped) {
    const Error why = fetcher_->streams()
                          .retry_error(context_->timer.now())
                          .value_or(Error{Errc::timed_out, "the deadline passed"});
    if (const auto read = waiters_->end(deferred, waiter, why))
      failure_->remember(why, context_->timer.now(), *read);
    return;
  }
  waiters_->end(deferred, waiter, Error{Errc::cancelled, "nobody waits any more"});
  const bool all_in_vain = !version_.item() && !fetcher_->wanted();
  if (all_in_vain) fetcher_->streams().cancel_all(deferred);  // others pause or end by themselves
}

std::optional<Transfer> Download::transfer() const {
  const MutexLock lock(mutex_);
  return fetcher_->transfer();
}

bool Download::idle() const {
  const MutexLock lock(mutex_);
  return fetcher_->idle() && !failure_->at(context_->timer.now());
}

void Download::confirmed(const MediaHead& head) {
  run([&](DeferredActions& deferred) REQUIRES(mutex_) {
    if (!version_.item()) return;
    if (!version_.matches(head)) return change_version(deferred, Errc::changed);
    version_.confirm();
  });
}

void Download::erase() {
  run([this](DeferredActions& deferred) REQUIRES(mutex_) {
    const Error erased{Errc::changed, "erased here"};
    forget_version(deferred, erased, nullptr);
    failure_->forget();
    waiters_->answer_finders(deferred, erased);
  });
}

Flow Download::stream_head(Stream& stream, const MediaHead& head) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  if (!is_live(stream.state())) return Flow::stop;
  adopt(deferred, stream, head);
  settle(deferred);
  return is_live(stream.state()) ? Flow::go_on : Flow::stop;
}

void Download::adopt(DeferredActions& deferred, Stream& stream, const MediaHead& head) {
  version_.give_up_size();
  const bool another = version_.item() && !version_.matches(head);
  if (another) change_version(deferred, Errc::changed, &stream);
  const bool elsewhere = head.offset != stream.chunks().position();
  if (another || elsewhere) {
    // Asked to go on, the origin begins elsewhere: what has been carried over is not continued.
    PartialChunk partial = stream.restart_at(head.offset);
    if (!another) version_.leave_remnant(std::move(partial));
  }
  if (another && head.offset > 0)  // the rest of what nobody has the start of
    return StreamSet::cancel(deferred, stream);
  if (elsewhere && !another) {  // asked for a range, it sends the whole
    fetcher_->ranges().refused = true;
    if (others_bring_all(fetcher_->situation(), fetcher_->streams().index_of(stream)))
      return StreamSet::cancel(deferred, stream);
  }
  fetcher_->ranges().shown = head.ranges;
  receiver_->begin(deferred, stream, head, context_->timer.now());
}

Flow Download::stream_body(Stream& stream, ByteView piece) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  if (!is_live(stream.state())) return Flow::stop;
  stream.flow(context_->timer.now());
  if (stream.chunks().position() + piece.size() > std::min(stream.end_position(), version_.largest())) {
    stream.cancel();
    if (receiver_->may_have_another_size(stream)) {
      change_version(deferred, Errc::changed);
    } else {
      fail(deferred, version_.awaits_size()
                         ? Error{Errc::too_large, "a body without a length, beyond the cap"}
                         : Error{Errc::protocol, "a body longer than its size"});
    }
    return Flow::stop;
  }
  if (!fetcher_->may_take(stream, piece.size())) {
    fetcher_->pause(deferred, stream);
    return is_live(stream.state()) ? Flow::pause : Flow::stop;
  }
  if (!receiver_->take(deferred, stream, piece)) change_version(deferred, Errc::changed);
  return is_live(stream.state()) ? Flow::go_on : Flow::stop;
}

void Download::stream_end(Stream& stream, Status outcome) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  const StreamState before = stream.state();
  const auto self = stream.shared_from_this();
  fetcher_->get_ended(stream);
  if (before == StreamState::requested && outcome.ok()) outcome = Error{Errc::protocol, "no head"};
  if (is_live(before) && outcome.ok()) {
    const auto agrees = receiver_->finish(deferred, stream);
    if (!agrees) {
      outcome = agrees.error();
    } else if (!*agrees) {
      change_version(deferred, Errc::changed);
    }
  }
  if (!outcome.ok()) recover(deferred, stream, before, outcome.error());
  if (stream.state() == StreamState::ended) fetcher_->streams().remove(stream);
  settle(deferred);
}

/// A stream ended before its time. Its bytes up to where it is are good unless the error says otherwise.
void Download::recover(DeferredActions& deferred, Stream& stream, StreamState before, const Error& error) {
  const std::uint64_t position = stream.chunks().position();
  switch (recovery_from(
      {.code = error.code,
       .cancelled = before == StreamState::cancelled,
       .head_seen = before != StreamState::requested,
       .is_range = position > 0,
       .ahead = stream.ahead(),
       .holds_back = stream.body().holds_back,
       .others_bring_all = others_bring_all(fetcher_->situation(), fetcher_->streams().index_of(stream))})) {
    case Recovery::none:
      return;
    case Recovery::drop_range:
      fetcher_->ranges().refused = true;
      return;
    case Recovery::ask_whole:
      fetcher_->ranges().refused = true;
      return fetcher_->retry_later(stream, Duration::zero(), error);
    case Recovery::fail:
      // It was not on the range: of the whole the origin says the same.
      if (may_be_for_the_range(error.code)) fetcher_->ranges().refused = false;
      if (is_denial(error.code) && !version_.item())
        context_->catalog.note_absent(id_, context_->options.negative_ttl);
      return fail(deferred, error);
    case Recovery::version_bad:
      change_version(deferred, Errc::corrupt);
      // Also where nobody waits just now: it is what their open version ended by.
      failure_->remember(error, context_->timer.now());
      return fail(deferred, error);
    case Recovery::retry_anew:
      stream.restart_at(0);
      break;
    case Recovery::retry:
      break;
  }
  const auto delay = stream.history().broke(error, stream.chunks().position(), context_->timer.now(),
                                            context_->options.deadline, context_->jitter());
  if (!delay) return fail(deferred, error);
  if (is_worth_retrying(fetcher_->situation(), fetcher_->streams().index_of(stream)))
    fetcher_->retry_later(stream, *delay, error);
}

/// Tells everybody who waits for what no other stream brings; remembers it for a moment.
void Download::fail(DeferredActions& deferred, const Error& error) {
  const auto level = is_denial(error.code) ? log::Level::info : log::Level::warning;
  if (error.code != Errc::cancelled && log::enabled(level)) {
    log::write(level, fmt::format("media {}: {} ({})", crypto::pseudonym(id_.text()), to_string(error.code),
                                  error.context));
  }
  const bool for_one_caller = error.code == Errc::not_found_by_gateway;
  if (!waiters_->none() && !for_one_caller)  // else nobody would ask again at once
    failure_->remember(error, context_->timer.now());
  waiters_->answer_finders(deferred, error);
  const Situation& situation = fetcher_->situation();
  waiters_->fail_reads(deferred, error, [&](const PendingRead& read) {
    return context_->stopping() || !is_in_flight(situation, read.first_missing());
  });
}

/// What is here belongs to a version that is no more (or never was: a signature did not match). It is
/// forgotten; until another is known, whoever has the media open gets Errc::changed.
void Download::change_version(DeferredActions& deferred, Errc tell_readers, const Stream* bringing_the_new) {
  const bool changed = tell_readers == Errc::changed;
  log::warning("media {}: {}", crypto::pseudonym(id_.text()),
               changed ? "another version, or not to be told from one" : "its signature does not match");
  forget_version(deferred, Error{tell_readers, "the version that was opened is gone"}, bringing_the_new);
  context_->timer.post([context = context_, id = id_] { context->changed(id); });
}

void Download::forget_version(DeferredActions& deferred, const Error& tell_readers,
                              const Stream* bringing_the_new) {
  fetcher_->forget(deferred, bringing_the_new);
  waiters_->fail_reads(deferred, tell_readers, [](const PendingRead&) { return true; });
  version_.forget();
}

}  // namespace mediafs
