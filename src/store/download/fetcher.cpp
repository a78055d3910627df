#include "store/download/fetcher.h"

#include <algorithm>
#include <utility>

#include "mediafs/base/log.h"
#include "mediafs/crypto/pseudonym.h"

namespace mediafs {

Fetcher::Fetcher(MediaId id, std::shared_ptr<StoreContext> context, Version& version, Waiters& waiters,
                 std::weak_ptr<StreamListener> listener, Later later)
    : id_(std::move(id)),
      context_(std::move(context)),
      version_(version),
      waiters_(waiters),
      listener_(std::move(listener)),
      later_(std::move(later)) {}

std::optional<Transfer> Fetcher::transfer() const {
  if (streams_.empty()) return std::nullopt;
  Transfer transfer{.id = id_, .open = static_cast<std::size_t>(opens_)};
  for (const auto& stream : streams_.all())
    transfer.bytes_per_second += stream->facts(context_->timer.now()).place.bytes_per_second;
  const MediaItemRef& item = version_.item();
  if (!item) return transfer;
  std::uint64_t chunks = version_.seen().count();
  if (context_->cache != nullptr) chunks = std::max(chunks, context_->cache->chunks_of(id_, item->revision));
  transfer.size = item->size;
  transfer.here = std::min(chunks * kChunkSize, item->size);
  return transfer;
}

const Situation& Fetcher::situation(const Trigger& trigger) {
  const MediaItemRef& item = version_.item();
  Situation& s = situation_;
  s.size = item ? std::optional(item->size) : std::nullopt;
  s.largest = version_.largest();
  s.may_start = !context_->stopping();
  s.open = opens_ > 0;
  s.somebody_asks = waiters_.somebody_finds();
  s.has_ranges = item && !item->etag.empty() && ranges_.usable();
  // The bytes of a small signed media wait for its signature, which only the whole body can prove.
  const bool held_back = item && item->unverified && item->size <= kSmallMedia;
  s.may_seek = s.has_ranges && !held_back && context_->options.seek;
  s.kept = context_->cache_keeps(item ? item->size : 0);
  s.window = largest_window(context_->memory_for_windows(), context_->streams_running());
  s.readers = &readers_;
  s.seen = &version_.seen();
  s.streams.clear();
  const SteadyTime now = context_->timer.now();
  for (const auto& stream : streams_.all()) s.streams.push_back(stream->facts(now));
  s.reads.clear();
  waiters_.reads().for_each([&](Waiters::Id id, const PendingRead& read) {
    s.reads.push_back({read.first_missing(), read.range().end(), trigger.seeking == id});
  });
  return s;
}

void Fetcher::settle(DeferredActions& deferred, const Trigger& trigger) {
  while (const auto action = next_action(situation(trigger), trigger)) perform(deferred, *action);
}

void Fetcher::perform(DeferredActions& deferred, const FetchAction& action) {
  if (action.kind == FetchAction::Kind::start) return start(deferred, action.from, action.to);
  Stream& stream = streams_.at(action.stream);
  switch (action.kind) {
    case FetchAction::Kind::start:
      break;
    case FetchAction::Kind::hasten:
      stream.hasten();
      return deferred.add([fetch = stream.fetch()] { fetch->hasten(); });
    case FetchAction::Kind::resume:
      stream.flow(context_->timer.now());
      return deferred.add([fetch = stream.fetch()] { fetch->resume(); });
    case FetchAction::Kind::cancel:
      return StreamSet::cancel(deferred, stream);
  }
}

/// `from` is where a chunk begins.
void Fetcher::start(DeferredActions& deferred, std::uint64_t from, std::uint64_t to) {
  const std::uint64_t whole_chunks = to == kToTheEnd ? to : start_of(ChunkIndex{chunk_count(to)});
  const std::uint64_t end = from == 0 ? kToTheEnd : std::min(version_.item()->size, whole_chunks);
  const auto stream = std::make_shared<Stream>(listener_, from, end);
  streams_.add(stream);
  send(deferred, *stream, /*fresh_connection=*/false);
  if (from > 0) readers_.expect(from, end, situation().window);
}

void Fetcher::send(DeferredActions& deferred, Stream& stream, bool fresh_connection) {
  const MediaItemRef& item = version_.item();
  const auto listed = context_->catalog.listed(id_);
  const std::uint64_t from = stream.chunks().position();
  const bool ahead = !wanted();
  FetchRequest request{
      .id = id_,
      .offset = from,
      .end = item && stream.end_position() < item->size ? std::optional(stream.end_position()) : std::nullopt,
      .if_range = item ? item->etag : std::string(),
      .verifier = stream.body().verifier,
      .listed_size = listed ? listed->size : std::nullopt,
      .fresh_connection = fresh_connection,
      .priority = ahead ? Priority::ahead : Priority::reader,
      .deadline = context_->timer.now() + context_->options.deadline};
  log::debug("media {}: GET from byte {}", crypto::pseudonym(id_.text()), from);
  stream.request(context_->source.fetch(std::move(request), stream.shared_from_this()), ahead,
                 context_->timer.now());
  context_->stream_began();
  deferred.add([fetch = stream.fetch()] { fetch->begin(); });
}

void Fetcher::closed() {
  --opens_;
  if (opens_ == 0 && !streams_.empty()) drop_later();
}

void Fetcher::note_read(DeferredActions& deferred, ByteRange range, bool may_fetch_ahead) {
  readers_.note(range, /*missing=*/false);
  if (may_fetch_ahead) readers_.last().fetched_to = covered_ahead(situation());
  settle(deferred, {.reader_moved = may_fetch_ahead});
}

void Fetcher::note_waiting_read(DeferredActions& deferred, ByteRange range, Waiters::Id read,
                                ChunkIndex missing, bool may_fetch_ahead) {
  const bool may_jump = !readers_.note(range, /*missing=*/true);
  if (may_jump && is_in_flight(situation(), missing)) seek_later(read, context_->options.out_of_order_within);
  if (may_fetch_ahead) readers_.last().fetched_to = covered_ahead(situation());
  settle(deferred, {.reader_moved = may_fetch_ahead});
}

/// A read that seems to jump gets a range of its own once those had time to come that the kernel had sent
/// before it; that is looked at again now and then, for the stream that it waits for may have become slow.
void Fetcher::seek_later(Waiters::Id read, Duration wait) {
  later_(wait, [this, read, wait](DeferredActions& deferred) {
    const PendingRead* const waiting = waiters_.find_read(read);
    if (waiting == nullptr || readers_.continues_to(waiting->range().offset)) return;
    settle(deferred, {.seeking = read});
    seek_later(read, 2 * wait);
  });
}

bool Fetcher::may_take(Stream& stream, std::size_t piece) {
  ChunkAssembler& chunks = stream.chunks();
  const std::size_t index = streams_.index_of(stream);
  const bool begins_chunk = !chunks.filling();
  const bool enters_chunk = begins_chunk || chunks.filled() + piece > kChunkSize;  // pieces are cut anywhere
  if (enters_chunk && chunks.position() >= limit_of(situation(), index)) return false;
  std::size_t count = chunks.blocks_needed(piece);
  if (count == 0) return true;
  // A stream that gives nothing away before its end must not wait for blocks while it holds some: all or
  // none.
  const bool all = stream.body().holds_back && begins_chunk && !chunks.holds_any();
  if (all) count = chunk_count(version_.item()->size);
  MemoryWait& memory = stream.memory();
  if (memory.acquire(*context_, chunks, count)) return true;
  if (is_awaited(situation(), index) && memory.overdraw(*context_, chunks, count, stream.fetch()))
    return true;
  memory.wait(*context_, count, stream.fetch());
  return false;
}

void Fetcher::pause(DeferredActions& deferred, Stream& stream) {
  stream.pause(context_->timer.now());
  // It may stand in the way of one that somebody waits for.
  settle(deferred, {.pausing = streams_.index_of(stream)});
  if (is_live(stream.state())) drop_later();
}

void Fetcher::retry_later(Stream& stream, Duration delay, const Error& why) {
  stream.retry_later(why);
  later_(delay,
         [this, broken = stream.weak_from_this()](DeferredActions& deferred) { retry(deferred, broken); });
}

void Fetcher::retry(DeferredActions& deferred, const std::weak_ptr<Stream>& broken) {
  const auto stream = broken.lock();
  if (!stream || stream->state() != StreamState::retrying) return;  // the media has been erased since
  go_on_or_restart(*stream);
  const Situation& now = situation();
  const auto room = room_for_another(now);
  if (room && is_worth_retrying(now, streams_.index_of(*stream))) {
    if (room->cancel) StreamSet::cancel(deferred, streams_.at(*room->cancel));
    send(deferred, *stream, /*fresh_connection=*/true);
  } else {
    streams_.remove(*stream);
  }
}

/// Where it broke, if what follows can be proved to be of the same version; else from the start.
void Fetcher::go_on_or_restart(Stream& stream) {
  const std::uint64_t position = stream.chunks().position();
  const bool same_version = stream.body().revision == version_.revision();
  const bool goes_on = same_version && situation().has_ranges && position > 0 &&
                       position < std::min(stream.end_position(), version_.item()->size);
  if (goes_on) return;
  PartialChunk partial = stream.restart_at(0);
  if (same_version) version_.leave_remnant(std::move(partial));
}

void Fetcher::get_ended(Stream& stream) {
  stream.get_ended();
  context_->stream_ended();
  const MediaItemRef& item = version_.item();
  if (item)
    readers_.on_stream_truncated(stream.chunks().position(), std::min(stream.end_position(), item->size));
}

void Fetcher::forget(DeferredActions& deferred, const Stream* except) {
  streams_.cancel_all(deferred, except);
  streams_.drop_retrying();
  readers_ = SequentialReaders();
  ranges_ = {};
}

void Fetcher::drop_later() {
  if (std::exchange(drop_scheduled_, true)) return;
  later_(context_->options.keep_unwanted, [this](DeferredActions& deferred) { drop_idle(deferred); });
}

/// A paused stream holds a connection that others may need. What it cannot come back to it keeps until the
/// media is closed.
void Fetcher::drop_idle(DeferredActions& deferred) {
  drop_scheduled_ = false;
  const bool somebody_waits = !waiters_.none();
  const bool can_come_back = situation().has_ranges || !wanted();
  if (!somebody_waits && can_come_back) {
    const SteadyTime long_ago = context_->timer.now() - context_->options.keep_unwanted;
    settle(deferred,
           {.time_to_drop = true, .paused_before = context_->crowded() ? SteadyTime::max() : long_ago});
  }
  const auto& streams = streams_.all();
  const bool look_again = std::any_of(streams.begin(), streams.end(), [&](const auto& stream) {
    if (somebody_waits) return is_live(stream->state());
    return stream->state() == StreamState::paused && (can_come_back || stream->memory().waits());
  });
  if (look_again) drop_later();
}

}  // namespace mediafs
