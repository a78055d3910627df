// Download, the part that decides when to fetch what.
#include <algorithm>

#include "mediafs/base/log.h"
#include "mediafs/crypto/pseudonym.h"
#include "store/download/download.h"
#include "store/download/stream_plan.h"

namespace mediafs {

/// Whether a part can be asked for, and be proved to belong to the version that is here.
bool Download::has_ranges() const {
  return item_ && !item_->etag.empty() && ranges_shown_ && !ranges_refused_;
}

/// Whether a read may have a range of its own. Not of a small signed media: its bytes wait for its signature,
/// which only the whole body can prove.
bool Download::may_seek() const {
  const bool held_back = has_ranges() && item_->unverified && item_->size <= kSmallMedia;
  return has_ranges() && !held_back && context_->options.seek;
}

/// How far ahead of its readers this media may be fetched.
std::uint64_t Download::window() const {
  return largest_window(context_->memory_for_windows(), context_->streams_running);
}

std::vector<Stream*> Download::running(const Stream* except) const {
  std::vector<Stream*> streams;
  for (const auto& stream : streams_) {
    if (!stream->cancelled && stream.get() != except) streams.push_back(stream.get());
  }
  return streams;
}

/// The stream that will bring the chunk soonest, if any does.
Stream* Download::bringer_of(ChunkIndex chunk, const Stream* except) const {
  const std::vector<Stream*> streams = running(except);
  std::vector<StreamPlace> places;
  places.reserve(streams.size());
  for (const Stream* stream : streams) places.push_back(stream->place(context_->timer.now()));
  const auto found = stream_bringing(chunk, places);
  return found ? streams[*found] : nullptr;
}

/// The stream that whoever reads the chunk waits for, rather than for a range of their own.
Stream* Download::awaited_for(ChunkIndex chunk, bool goes_on_reading, const Stream* except) const {
  Stream* const bringer = bringer_of(chunk, except);
  if (bringer == nullptr || !may_seek()) return bringer;
  const StreamPlace place = bringer->place(context_->timer.now());
  const std::uint64_t distance = start_of(chunk) - std::min(start_of(chunk), place.position);
  return worth_waiting(distance, goes_on_reading, place.bytes_per_second) ? bringer : nullptr;
}

bool Download::is_coming(ChunkIndex chunk, bool goes_on_reading) const {
  for (const Stream* stream : running()) {
    // Before the size is known there are only finders, and any stream brings what they want: its end.
    if (!item_ || stream->held.contains(chunk)) return true;
  }
  for (const auto& broken : broken_) {
    if (!may_seek()) return true;  // it begins from the start, or goes on where it broke
    const StreamPlace place = broken->place(context_->timer.now());
    const bool brings = stream_bringing(chunk, std::span(&place, 1)).has_value();
    if (brings &&
        worth_waiting(start_of(chunk) - std::min(start_of(chunk), place.position), goes_on_reading, 0))
      return true;
  }
  return awaited_for(chunk, goes_on_reading) != nullptr;
}

bool Download::is_awaited(const Stream& stream) const {
  if (stream.holds_back || !item_) return !waiters_->none();
  const auto& reads = waiters_->reads();
  return std::any_of(reads.begin(), reads.end(), [&](const PendingRead& read) REQUIRES(mutex_) {
    return awaited_for(read.first_missing()) == &stream;
  });
}

/// Whether another stream may begin; one that nobody waits for gives way.
bool Download::make_room(DeferredActions& deferred) {
  const std::vector<Stream*> streams = running();
  if (streams.size() < kMostStreams) return true;
  const auto spare = std::find_if(streams.begin(), streams.end(),
                                  [this](const Stream* s) REQUIRES(mutex_) { return !is_awaited(*s); });
  if (spare == streams.end()) return false;
  cancel(deferred, **spare);
  return true;
}

/// False where the chunk has to wait until another stream has ended.
bool Download::ensure_stream_for(DeferredActions& deferred, ChunkIndex chunk, std::uint64_t wanted_end,
                                 bool goes_on_reading) {
  if (context_->stopping || is_coming(chunk, goes_on_reading)) return true;
  if (!make_room(deferred)) return false;
  if (chunk > ChunkIndex{0} && may_seek()) {
    const std::uint64_t from = start_of(chunk);
    start_range(deferred, from, std::max(wanted_end, runs_.target_at(from, window())));
  } else {
    start_stream(deferred, std::make_shared<Stream>(shared_from_this()), /*fresh=*/false);
  }
  return true;
}

/// Whether a read that seems to jump gets a range of its own: once those had time to come that the kernel had
/// sent before it, and again now and then, for the stream that it waits for may have become slow.
void Download::decide_later(ByteRange range, Duration wait) {
  context_->timer.after(wait, [self = weak_from_this(), range, wait] {
    if (const auto download = self.lock()) download->seek_unless_it_goes_on(range, wait);
  });
}

void Download::seek_unless_it_goes_on(ByteRange range, Duration waited) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  const auto& reads = waiters_->reads();
  const auto read =
      std::find_if(reads.begin(), reads.end(), [&](const PendingRead& r) { return r.range() == range; });
  if (read == reads.end() || runs_.continues_to(range.offset)) return;
  ensure_stream_for(deferred, read->first_missing(), range.end(), /*goes_on_reading=*/false);
  decide_later(range, 2 * waited);
}

/// Sees to it that whoever waits has a stream to wait for, and that it runs.
void Download::ensure_streams(DeferredActions& deferred, const Stream* asleep) {
  if (!item_ && !waiters_->nobody_finds()) ensure_stream_for(deferred, ChunkIndex{0}, /*wanted_end=*/0);
  for (const PendingRead& read : waiters_->reads()) {
    if (!ensure_stream_for(deferred, read.first_missing(), read.range().end())) break;
  }
  wake_streams(deferred, asleep);
}

/// Goes on with what is fetched ahead for the place that was read last, before its reader is there.
void Download::fetch_ahead(DeferredActions& deferred) {
  SequentialReader& run = runs_.last();
  if (!may_seek() || opens_ == 0 || run.fetched_to == 0 || refusal()) return;
  const std::uint64_t target = std::min(target_of(run, window()), item_->size);
  std::uint64_t from = run.fetched_to / kChunkSize * kChunkSize;
  while (from < target && (seen_.seen(chunk_at(from)) || bringer_of(chunk_at(from)) != nullptr))
    from += kChunkSize;
  run.fetched_to = std::max(run.fetched_to, from);
  const std::uint64_t window = target - std::min(target, run.read_up_to);
  if (from >= target || target - from < window / 2 || running().size() >= kMostStreams) return;
  start_range(deferred, from, target);
}

/// `from` is where a chunk begins, and not the first.
void Download::start_range(DeferredActions& deferred, std::uint64_t from, std::uint64_t to) {
  auto stream = std::make_shared<Stream>(shared_from_this());
  stream->position = from;
  stream->end = std::min(item_->size, (to + kChunkSize - 1) / kChunkSize * kChunkSize);
  start_stream(deferred, stream, /*fresh=*/false);
  runs_.expect(from, stream->end, window());
}

std::optional<std::uint64_t> Download::listed_size() const {
  const auto listed = context_->catalog.listed(id_);
  return listed ? listed->size : std::nullopt;
}

void Download::start_stream(DeferredActions& deferred, const std::shared_ptr<Stream>& stream, bool fresh) {
  stream->ahead = !wanted();
  FetchRequest request{.id = id_,
                       .offset = stream->position,
                       .end = item_ && stream->end < item_->size ? std::optional(stream->end) : std::nullopt,
                       .if_range = item_ ? item_->etag : std::string(),
                       .verifier = stream->verifier,
                       .listed_size = listed_size(),
                       .fresh_connection = fresh,
                       .priority = stream->ahead ? Priority::ahead : Priority::reader,
                       .deadline = context_->timer.now() + context_->options.deadline};
  log::debug("media {}: GET from byte {}", crypto::pseudonym(id_.text()), stream->position);
  stream->fetch = context_->source.fetch(std::move(request), stream);
  streams_.push_back(stream);
  ++context_->streams_running;
  deferred.add([fetch = stream->fetch] { fetch->begin(); });
}

std::uint64_t Download::limit_of(const Stream& stream) const {
  if (!item_) return wanted() ? most_bytes() : kSmallMedia;  // finding the size takes the whole body
  std::uint64_t target = runs_.target_at(stream.position, window());
  for (const PendingRead& read : waiters_->reads()) {
    if (awaited_for(read.first_missing()) == &stream) target = std::max(target, read.range().end());
  }
  return stream_limit({.size = item_->size,
                       .position = stream.position,
                       .wanted = wanted(),
                       .kept = context_->cache_keeps(item_->size),
                       .seekable = has_ranges(),
                       .target = target});
}

Flow Download::pause(DeferredActions& deferred, Stream& stream) {
  stream.paused = true;
  stream.paused_since = context_->timer.now();
  ensure_streams(deferred, /*asleep=*/&stream);  // it may stand in the way of one that somebody waits for
  if (stream.cancelled) return Flow::stop;
  schedule_drop();
  return Flow::pause;
}

void Download::schedule_drop() {
  if (drop_scheduled_) return;
  drop_scheduled_ = true;
  context_->timer.after(context_->options.keep_unwanted, [self = weak_from_this()] {
    if (const auto download = self.lock()) download->drop_unwanted();
  });
}

void Download::wake_streams(DeferredActions& deferred, const Stream* except) {
  for (const auto& stream : streams_) {
    if (stream->ahead && wanted() && !std::exchange(stream->hastened, true))
      deferred.add([fetch = stream->fetch] { fetch->hasten(); });
    if (!stream->paused || stream.get() == except || stream->position >= limit_of(*stream)) continue;
    stream->paused = false;
    stream->measure(context_->timer.now());
    deferred.add([fetch = stream->fetch] { fetch->resume(); });
  }
}

void Download::cancel_streams(DeferredActions& deferred, const Stream* except) {
  for (const auto& stream : streams_) {
    if (stream.get() != except) cancel(deferred, *stream);
  }
}

void Download::cancel(DeferredActions& deferred, Stream& stream) {
  stream.cancelled = true;
  deferred.add([fetch = stream.fetch] { fetch->cancel(); });
}

void Download::drop_unwanted() {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  drop_scheduled_ = false;
  // A paused stream holds a connection that others may need. Nobody waits for it just now; it goes on by
  // range when somebody does, or from the start if nobody has the media open any more.
  if (!waiters_->none() && !streams_.empty()) return schedule_drop();
  const bool can_come_back = has_ranges() || !wanted();
  if (!can_come_back) return;  // until it is closed
  const bool crowded = context_->streams_running > context_->options.streams_kept;
  const SteadyTime long_ago = context_->timer.now() - context_->options.keep_unwanted;
  bool any_kept = false;
  for (const auto& stream : streams_) {
    const bool paused_too_long = stream->paused && (crowded || stream->paused_since <= long_ago);
    if (paused_too_long || !wanted()) {
      cancel(deferred, *stream);
    } else if (stream->paused) {
      any_kept = true;  // somebody reads, and has it go on now and then
    }
  }
  if (any_kept) schedule_drop();
}

bool Download::worth_going_on(const Stream& stream) const {
  const std::uint64_t size = item_ ? item_->size : 0;
  return wanted() ||
         stream_limit({.size = size, .position = stream.position, .kept = context_->cache_keeps(size)}) >
             stream.position;
}

}  // namespace mediafs
