#include "store/download/receiver.h"

#include <algorithm>

#include "store/download/fetch_plan.h"

namespace mediafs {

void Receiver::begin(DeferredActions& deferred, Stream& stream, const MediaHead& head, SteadyTime now) {
  if (!version_.item()) version_.begin(head);
  const MediaItemRef& item = version_.item();
  const bool holds_back = head.verifier && item && item->size <= kSmallMedia;
  stream.begin_body({.revision = version_.revision(),
                     .verifier = head.verifier,
                     .holds_back = holds_back,
                     .sized = head.size.has_value()},
                    head.end.value_or(kToTheEnd), now);
  if (item) waiters_.answer_finders(deferred, item);
}

bool Receiver::take(DeferredActions& deferred, Stream& stream, ByteView piece) {
  ChunkAssembler& chunks = stream.chunks();
  while (!piece.empty()) {
    const ChunkIndex index = chunks.filling_chunk();
    piece = chunks.take(piece);
    const MediaItemRef& item = version_.item();
    if (chunks.filled() == kChunkSize || (item && chunks.position() == item->size)) {
      if (!complete_chunk(deferred, stream)) return false;
    } else if (!must_be_whole(stream, index)) {
      waiters_.offer(deferred, index, chunks.filling(), chunks.filled());
    }
  }
  return true;
}

/// Whether none of the chunk may be given out before all of it has come, or all of the body.
bool Receiver::must_be_whole(const Stream& stream, ChunkIndex index) const {
  if (stream.body().holds_back || version_.needs_whole_chunk(index)) return true;
  const MediaItemRef& item = version_.item();
  return stream.body().verifier && item && next(index) == ChunkIndex{chunk_count(item->size)};
}

bool Receiver::complete_chunk(DeferredActions& deferred, Stream& stream) {
  ChunkAssembler& chunks = stream.chunks();
  const ChunkIndex index = chunks.filling_chunk();
  const std::uint64_t length = chunks.filled();
  Buffer chunk = chunks.take_chunk();
  const MediaItemRef& item = version_.item();
  const bool is_last = item && chunks.position() == item->size;
  if (!stream.body().holds_back && !(stream.body().verifier && is_last))
    return release(deferred, index, chunk, length);
  chunks.hold(index, std::move(chunk));
  return true;
}

bool Receiver::release(DeferredActions& deferred, ChunkIndex index, const Buffer& chunk,
                       std::uint64_t length) {
  if (!version_.add(index, chunk, length)) return false;
  waiters_.offer(deferred, index, chunk, length);
  return true;
}

Result<bool> Receiver::finish(DeferredActions& deferred, Stream& stream) {
  ChunkAssembler& chunks = stream.chunks();
  if (const MediaItemRef& item = version_.item();
      item && chunks.position() != std::min(stream.end_position(), item->size)) {
    if (may_have_another_size(stream)) return false;
    return Error{Errc::protocol, "a body shorter than its size"};
  }
  if (chunks.filled() > 0 && !complete_chunk(deferred, stream)) return false;
  version_.end_at(chunks.position());
  for (const auto& [index, chunk] : chunks.take_held()) {
    if (!release(deferred, index, chunk, chunk_length(version_.item()->size, index))) return false;
  }
  version_.body_ended(/*verified=*/stream.body().verifier != nullptr);
  waiters_.answer_finders(deferred, version_.item());
  return true;
}

bool Receiver::may_have_another_size(const Stream& stream) const {
  const MediaItemRef& item = version_.item();
  return item && item->etag.empty() && !stream.body().sized;
}

void Receiver::offer_filling(DeferredActions& deferred, const StreamSet& streams) {
  for (const auto& stream : streams.all()) {
    const ChunkAssembler& chunks = stream->chunks();
    if (is_live(stream->state()) && chunks.filling() && !must_be_whole(*stream, chunks.filling_chunk()))
      waiters_.offer(deferred, chunks.filling_chunk(), chunks.filling(), chunks.filled());
  }
}

}  // namespace mediafs
