#include "store/download/download.h"

#include <algorithm>

namespace mediafs {

Download::Download(MediaId id, std::shared_ptr<StoreContext> context)
    : id_(std::move(id)),
      context_(std::move(context)),
      hold_(context_->cache, id_),
      item_(context_->catalog.find(id_)) {
  if (item_ && item_->from_listing_only()) item_ = nullptr;  // its own response will tell
  if (item_) revision_ = item_->revision;
}

void Download::set_up() {
  const MutexLock lock(mutex_);
  const auto tell = [this](void (Download::*what)(std::uint64_t)) {
    return [self = weak_from_this(), what](std::uint64_t waiter) {
      if (const auto download = self.lock()) (download.get()->*what)(waiter);
    };
  };
  waiters_ = std::make_unique<Waiters>(context_->timer, context_->options.deadline, tell(&Download::expire),
                                       tell(&Download::abandon));
  if (!item_ || item_->complete || !item_->etag.empty() || resumed()) return;
  // What an earlier download left of it cannot be proved to be of the version that comes now.
  item_ = context_->catalog.renew(*item_);
  revision_ = item_->revision;
}

/// Why nothing new is begun, if so.
std::optional<Error> Download::refusal() const {
  if (context_->stopping) return Error{Errc::cancelled, "shutting down"};
  if (failure_ && context_->timer.now() < failure_->until) return failure_->error;
  return std::nullopt;
}

/// The same for a read: one that a healthy stream brings is not refused for the failure of another.
std::optional<Error> Download::refusal_of(ChunkIndex chunk) const {
  auto error = refusal();
  if (!error || context_->stopping) return error;
  const ByteRange& of = failure_->of;
  const bool concerned =
      of.empty() ? !is_coming(chunk) : chunk >= chunk_at(of.offset) && start_of(chunk) < of.end();
  return concerned ? error : std::nullopt;
}

void Download::find(Done<MediaItemRef> done, const std::stop_token& stop) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  if (item_) {
    deferred.add([done = std::move(done), item = item_] { done(item); });
  } else if (const auto error = refusal()) {
    deferred.add([done = std::move(done), error = *error] { done(error); });
  } else {
    waiters_->add_finder(std::move(done), stop);
    ensure_stream_for(deferred, ChunkIndex{0}, /*wanted_end=*/0);
    wake_streams(deferred);
  }
}

bool Download::read(const MediaItemRef& item, ByteRange range, const std::vector<ConstBuffer>& chunks,
                    const Done<Slices>& done, bool last_try, const std::stop_token& stop) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  if (item->revision != revision_) {
    deferred.add([done] { done(Error{Errc::changed, "another version than was opened"}); });
    return true;
  }
  PendingRead read(item, range, chunks, done);
  // Streams put chunks into the memory under this lock, so none can slip by between this look and waiting for
  // it.
  read.take_from([&](ChunkIndex index) { return context_->memory.get({item->revision, index}); });
  if (read.complete()) {
    deferred.add([done, slices = read.slices()]() mutable { done(std::move(slices)); });
    note_found(deferred, range);
    return true;
  }
  const ChunkIndex missing = read.first_missing();
  if (!last_try && seen_.seen(missing)) return false;
  if (const auto error = refusal_of(missing)) {
    deferred.add([done, error = *error] { done(error); });
    return true;
  }
  waiters_->add_read(std::move(read), stop);
  const bool may_jump = !runs_.note(range, /*missing=*/true);
  for (const Stream* stream : running()) {
    if (stream->filling && !waits_for_verification(*stream, stream->filling_chunk())) {
      waiters_->offer(deferred, stream->filling_chunk(), stream->filling, stream->filled);
    }
  }
  if (may_jump && is_coming(missing)) {
    decide_later(range, context_->options.out_of_order_within);
  } else {
    ensure_stream_for(deferred, missing, range.end());
  }
  fetch_ahead(deferred);
  wake_streams(deferred);
  return true;
}

void Download::note_read(ByteRange range) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  note_found(deferred, range);
}

void Download::note_found(DeferredActions& deferred, ByteRange range) {
  runs_.note(range, /*missing=*/false);
  fetch_ahead(deferred);
  wake_streams(deferred);
}

void Download::fetch_head() {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  if (!streams_.empty() || seen_.seen(ChunkIndex{0}) || refusal()) return;
  if (item_ && context_->is_here(*item_)) return;  // another download has brought it meanwhile
  ensure_stream_for(deferred, ChunkIndex{0}, /*wanted_end=*/0);
}

Error Download::why_stale() const {
  const MutexLock lock(mutex_);
  return refusal().value_or(Error{Errc::changed, "another version than was opened"});
}

void Download::opened() {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  ++opens_;
  wake_streams(deferred);
}

void Download::closed() {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  --opens_;
  if (opens_ == 0 && !streams_.empty()) schedule_drop();
  notice_idleness(deferred);
}

void Download::stop() {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  cancel_streams(deferred);
  fail(deferred, Error{Errc::cancelled, "shutting down"});
}

void Download::expire(std::uint64_t waiter) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  const Error why = why_late();
  if (const auto read = waiters_->end(deferred, waiter, why)) remember_failure(why, *read);
  notice_idleness(deferred);
}

void Download::abandon(std::uint64_t waiter) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  waiters_->end(deferred, waiter, Error{Errc::cancelled, "nobody waits any more"});
  if (!item_ && !wanted()) cancel_streams(deferred);  // others pause or end by themselves
  notice_idleness(deferred);
}

/// What a wait ends with that takes too long: the failure that is being retried, if it is that.
Error Download::why_late() const {
  if (last_retry_error_) return *last_retry_error_;
  for (const auto& stream : streams_) {
    if (const auto last_retry_error = stream->fetch->last_retry_error()) return *last_retry_error;
    if (stream->last_retry_error && stream->head_seen && stream->only_repeats())
      return *stream->last_retry_error;
  }
  return {Errc::timed_out, "the deadline passed"};
}

bool Download::idle() const {
  const MutexLock lock(mutex_);
  const bool remembers = failure_ && context_->timer.now() < failure_->until;
  return !wanted() && streams_.empty() && broken_.empty() && !remembers;
}

void Download::notice_idleness(DeferredActions& deferred) {
  if (wanted() || !streams_.empty() || !broken_.empty()) return;
  deferred.add([context = context_, id = id_] { context->idle(id); });
}

Flow Download::stream_head(Stream& stream, const MediaHead& head) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  if (stream.cancelled) return Flow::stop;
  adopt_head(deferred, stream, head);
  return stream.cancelled ? Flow::stop : Flow::go_on;
}

Flow Download::stream_body(Stream& stream, ByteView piece) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  if (stream.cancelled) return Flow::stop;
  if (std::exchange(stream.paused, false)) stream.measure(context_->timer.now());
  if (stream.position + piece.size() > std::min(stream.end, most_bytes())) {
    stream.cancelled = true;
    const Errc code = unsized_ ? Errc::too_large : Errc::protocol;
    fail(deferred,
         Error{code, unsized_ ? "a body without a length, beyond the cap" : "a body longer than its size"});
    return Flow::stop;
  }
  if (stream.position >= limit_of(stream) || !provide_buffers(stream, piece.size()))
    return pause(deferred, stream);
  append(deferred, stream, piece);
  return stream.cancelled ? Flow::stop : Flow::go_on;
}

void Download::stream_end(Stream& stream, Status outcome) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  stream.fetch.reset();
  const auto self = stream.shared_from_this();
  std::erase(streams_, self);
  --context_->streams_running;
  if (item_) runs_.on_stream_truncated(stream.position, std::min(stream.end, item_->size));
  if (outcome.ok() && !stream.cancelled) outcome = finish(deferred, stream);
  if (!outcome.ok()) recover(deferred, stream, outcome.error());
  if (std::find(broken_.begin(), broken_.end(), self) == broken_.end()) stream.let_go();
  ensure_streams(deferred);
  notice_idleness(deferred);
}

}  // namespace mediafs
