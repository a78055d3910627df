// Download, the part that takes bytes in: heads, versions, chunks.
#include <algorithm>
#include <cstring>

#include "mediafs/base/log.h"
#include "mediafs/crypto/pseudonym.h"
#include "store/download/download.h"
#include "store/download/stream_plan.h"

namespace mediafs {

namespace {

constexpr auto kWaitForRoom = std::chrono::milliseconds(100);

}  // namespace

/// The most that a body may hold, as far as is known.
std::uint64_t Download::most_bytes() const {
  return item_ ? item_->size : context_->options.max_unsized;
}

bool Download::same_version(const MediaHead& head) const {
  const bool same_size = !head.size || *head.size == item_->size;
  const bool same_tag = head.etag == item_->etag;
  const bool same_time = !resumed() || !head.last_modified || *head.last_modified == item_->modified;
  return same_size && same_tag && same_time;
}

/// An earlier server has given bytes of this version out, and no entity tag can tell whether what comes now
/// belongs to it.
bool Download::resumed() const {
  return item_ && item_->etag.empty() && context_->options.in_use.contains(item_->revision);
}

/// Whether a chunk is what readers have been given of this version, by an earlier server too; it is noted for
/// a later one.
bool Download::agrees_with_given(ChunkIndex index, ByteView chunk) {
  if (!seen_.agrees(index, chunk)) return false;
  ServedFingerprints* const given = context_->options.served_fingerprints;
  if (given == nullptr || !item_ || !item_->etag.empty()) return true;
  const ChunkKey key{revision_, index};
  if (!given->agrees(key, chunk).value_or(true)) return false;
  given->note(key, chunk);
  return true;
}

void Download::remember_item(const MediaHead& head, std::uint64_t size) {
  const MediaItemRef before = item_ ? item_ : context_->catalog.find(id_);
  const bool says_nothing = before && head.content_type == "application/octet-stream";
  const UnixSeconds now = context_->timer.clock().wall_seconds();
  const bool was_shown = before && !before->superseded;
  item_ =
      context_->catalog.remember({.id = id_,
                                  .revision = revision_,
                                  .size = size,
                                  .content_type = says_nothing ? before->content_type : head.content_type,
                                  .modified = head.last_modified.value_or(before ? before->modified : now),
                                  .shown = was_shown ? before->shown : head.last_modified.value_or(now),
                                  .etag = head.etag,
                                  .confirmed = now,
                                  .complete = false,
                                  .unverified = head.verifier != nullptr});
}

void Download::adopt_head(DeferredActions& deferred, Stream& stream, const MediaHead& head) {
  stream.head_seen = true;
  unsized_.reset();
  const bool another = item_ && !same_version(head);
  if (another) version_changed(deferred, Errc::changed, &stream);
  const bool elsewhere = head.offset != stream.position;
  if (another || elsewhere) begin_anew(stream, head.offset, /*same_version=*/!another);
  if (another && head.offset > 0)
    return cancel(deferred, stream);  // the rest of what nobody has the start of
  if (elsewhere && !another) {        // asked for a range, it sends the whole
    ranges_refused_ = true;
    wake_streams(deferred);  // those on their way may be nearer now
    if (others_bring_all(stream)) return cancel(deferred, stream);
  }
  stream.end = head.end.value_or(Stream::kToTheEnd);
  stream.measure(context_->timer.now());
  stream.verifier = head.verifier;
  ranges_shown_ = head.ranges;
  if (!item_) {
    if (revision_ == Revision{}) revision_ = new_revision();
    if (head.size) {
      remember_item(head, *head.size);
    } else {
      unsized_ = head;
    }
  }
  stream.revision = revision_;
  stream.holds_back = stream.verifier && item_ && item_->size <= kSmallMedia;
  if (item_) waiters_->answer_finders(deferred, item_);
}

/// Whether nobody would miss the stream.
bool Download::others_bring_all(const Stream& stream) const {
  const auto& reads = waiters_->reads();
  return !running(&stream).empty() &&
         std::all_of(reads.begin(), reads.end(), [&](const PendingRead& read) REQUIRES(mutex_) {
           return awaited_for(read.first_missing(), true, &stream) != nullptr;
         });
}

/// Asked to go on, the origin begins elsewhere: what the stream has carried over is not continued.
void Download::begin_anew(Stream& stream, std::uint64_t offset, bool same_version) {
  if (same_version && stream.filling && !stream.holds_back) {
    seen_.leave_remnant(stream.filling_chunk(), std::move(stream.filling), stream.filled);
  }
  stream.position = offset;
  stream.filling.reset();
  stream.filled = 0;
  stream.held.clear();
}

/// What is here belongs to a version that is no more (or never was: a signature did not match). It is
/// forgotten; until another is known, whoever has the media open gets Errc::changed.
void Download::version_changed(DeferredActions& deferred, Errc tell_readers, const Stream* bringing_the_new) {
  const bool changed = tell_readers == Errc::changed;
  log::warning("media {}: {}", crypto::pseudonym(id_.text()),
               changed ? "the origin has another version now" : "its signature does not match");
  forget_version(deferred, Error{tell_readers, "the version that was opened is gone"}, bringing_the_new);
  context_->timer.post([context = context_, id = id_] { context->changed(id); });
}

void Download::forget_version(DeferredActions& deferred, const Error& tell_readers,
                              const Stream* bringing_the_new) {
  cancel_streams(deferred, bringing_the_new);
  waiters_->fail_reads(deferred, tell_readers, [](const PendingRead&) { return true; });
  context_->memory.forget(revision_);
  if (context_->cache != nullptr) context_->cache->drop(id_, revision_);
  context_->catalog.forget(id_);
  item_ = nullptr;
  seen_ = ChunkFingerprints();
  runs_ = SequentialReaders();
  verified_ = false;
  skipped_ = false;
  revision_ = new_revision();
}

void Download::confirmed(const MediaHead& head) {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  if (!item_) return;
  if (!same_version(head)) return version_changed(deferred, Errc::changed, nullptr);
  MediaItem still_there = *item_;
  still_there.confirmed = context_->timer.clock().wall_seconds();
  item_ = context_->catalog.remember(std::move(still_there));
}

void Download::erase() {
  DeferredActions deferred;
  const MutexLock lock(mutex_);
  const Error erased{Errc::changed, "erased here"};
  forget_version(deferred, erased, nullptr);
  for (const auto& broken : broken_) broken->let_go();
  broken_.clear();  // a restart that was planned finds nothing to go on with
  last_retry_error_.reset();
  unsized_.reset();
  failure_.reset();
  waiters_->answer_finders(deferred, erased);
  notice_idleness(deferred);
}

bool Download::waits_for_verification(const Stream& stream, ChunkIndex index) const {
  if (stream.holds_back || seen_.has_remnant(index)) return true;
  // Of a piece of a chunk no later server could tell that it had been given out.
  if (context_->options.served_fingerprints != nullptr && item_ && item_->etag.empty()) return true;
  return stream.verifier && item_ && next(index) == ChunkIndex{chunk_count(item_->size)};
}

bool Download::provide_buffers(Stream& stream, std::size_t piece) {
  const std::size_t needed = (stream.filling ? 0U : 1U) + (stream.filled + piece > kChunkSize ? 1U : 0U);
  if (stream.spare.size() >= needed) return true;
  // A stream that gives nothing away before its end must not wait for blocks while it holds some: all or
  // none.
  const bool all = stream.holds_back && !stream.filling && stream.held.empty();
  const std::size_t count = all ? chunk_count(item_->size) : needed - stream.spare.size();
  auto blocks = context_->pool.try_acquire(count);
  if (blocks.empty()) {
    context_->memory.yield(count);
    blocks = context_->pool.try_acquire(count);
  }
  if (blocks.empty() && may_overdraw(stream)) {
    while (blocks.size() < count) blocks.push_back(context_->pool.acquire_for_demand());
  }
  if (blocks.empty()) {
    wait_for_memory(stream, count);
    return false;
  }
  stream.short_since.reset();
  std::move(blocks.begin(), blocks.end(), std::back_inserter(stream.spare));
  return true;
}

void Download::wait_for_memory(Stream& stream, std::size_t count) {
  if (stream.waits_in_pool.exchange(true)) return;
  context_->pool.when_freed(count, [waiting = stream.weak_from_this(), fetch = std::weak_ptr(stream.fetch)] {
    if (const auto one = waiting.lock()) one->waits_in_pool = false;
    if (const auto transfer = fetch.lock()) transfer->resume();
  });
}

/// Whether a stream goes on although there is no memory left: where somebody waits for what it brings next,
/// and the cache, should it be writing, has had a moment to make room.
bool Download::may_overdraw(Stream& stream) {
  if (!is_awaited(stream)) return false;
  if (context_->cache == nullptr || context_->cache->backlog() == 0) return true;
  const SteadyTime now = context_->timer.now();
  if (!stream.short_since) {
    stream.short_since = now;
    context_->timer.at(now + kWaitForRoom, [fetch = stream.fetch] { fetch->resume(); });
  }
  return now - *stream.short_since >= kWaitForRoom;
}

void Download::append(DeferredActions& deferred, Stream& stream, ByteView piece) {
  while (!piece.empty() && !stream.cancelled) {
    if (!stream.filling) {
      stream.filling = std::move(stream.spare.back());
      stream.spare.pop_back();
    }
    const ChunkIndex index = stream.filling_chunk();
    const std::size_t count = std::min<std::size_t>(piece.size(), kChunkSize - stream.filled);
    std::memcpy(stream.filling.get() + stream.filled, piece.data(), count);
    piece = piece.subspan(count);
    stream.filled += count;
    stream.position += count;
    if (stream.filled == kChunkSize || (item_ && stream.position == item_->size)) {
      complete_chunk(deferred, stream, index);
    } else if (!waits_for_verification(stream, index)) {
      waiters_->offer(deferred, index, stream.filling, stream.filled);
    }
  }
}

void Download::complete_chunk(DeferredActions& deferred, Stream& stream, ChunkIndex index) {
  Buffer chunk = std::move(stream.filling);
  const std::uint64_t length = std::exchange(stream.filled, 0);
  std::memset(chunk.get() + length, 0, kChunkSize - length);  // the cache seals whole chunks
  const bool hold = stream.holds_back || (stream.verifier && item_ && stream.position == item_->size);
  if (hold) {
    stream.held[index] = std::move(chunk);
  } else {
    release(deferred, index, chunk, length);
  }
}

void Download::release(DeferredActions& deferred, ChunkIndex index, const Buffer& chunk,
                       std::uint64_t length) {
  if (!agrees_with_given(index, ByteView(chunk.get(), length))) {
    return version_changed(deferred, Errc::changed, nullptr);
  }
  const ChunkKey key{revision_, index};
  context_->memory.put(key, chunk);
  keep(key, chunk);
  waiters_->offer(deferred, index, chunk, length);
}

void Download::keep(ChunkKey key, const Buffer& chunk) {
  if (context_->cache == nullptr) return;
  // A disk that cannot keep up must not fill the memory, nor one media the cache.
  const bool slow = context_->pool.overdrawn() && context_->cache->backlog() > context_->memory_for_windows();
  if (slow || (item_ && !context_->cache->has_room_for(item_->size))) {
    skipped_ = true;
  } else {
    context_->cache->store_chunk(id_, key, chunk);
  }
}

/// The body has ended as it should, and its signature, if any, is right.
Status Download::finish(DeferredActions& deferred, Stream& stream) {
  if (stream.revision != revision_)
    return ok_status();  // another version after all; its readers have been told
  if (item_ && stream.position != std::min(stream.end, item_->size))
    return Error{Errc::protocol, "a body shorter than its size"};
  if (stream.filled > 0) complete_chunk(deferred, stream, stream.filling_chunk());
  if (unsized_) {
    remember_item(*unsized_, stream.position);
    unsized_.reset();
  }
  for (const auto& [index, chunk] : std::exchange(stream.held, {})) {
    if (stream.revision == revision_) release(deferred, index, chunk, chunk_length(item_->size, index));
  }
  if (stream.revision != revision_) return ok_status();
  if (stream.verifier) verified_ = true;
  const bool trusted = verified_ || !item_->unverified;
  if (trusted && !skipped_ && seen_.count() == chunk_count(item_->size) && !item_->complete) {
    MediaItem whole = *item_;
    whole.complete = true;
    whole.unverified = false;
    item_ = context_->catalog.remember(std::move(whole));
  }
  waiters_->answer_finders(deferred, item_);
  return ok_status();
}

}  // namespace mediafs
