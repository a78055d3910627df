#include "store/lookup/chunk_lookup.h"

#include <algorithm>
#include <utility>

namespace mediafs {

bool ChunkLookup::Found::all() const {
  return std::find(chunks.begin(), chunks.end(), nullptr) == chunks.end();
}

std::vector<ConstBuffer> ChunkLookup::in_memory(const MediaItem& item, ByteRange range) {
  const ChunkSpan span = chunks_covering(range);
  std::vector<ConstBuffer> found;
  found.reserve(span.count());
  for (ChunkIndex index = span.first; index < span.past; index = next(index))
    found.push_back(context_->memory().get({item.revision, index}));
  return found;
}

/// The part of the chunk that the range wants; null where the cache has it not.
ConstBuffer ChunkLookup::in_cache(const MediaItem& item, ChunkIndex index, ByteRange range) {
  const ByteRange part = part_within(index, range);
  Buffer chunk = context_->pool().acquire_for_demand();
  if (!context_->cache->read_chunk(item, index, part, MutableBytes(chunk.get(), kChunkSize))) return nullptr;
  const bool whole = part.length == chunk_length(item.size, index);
  if (whole) context_->memory().put({item.revision, index}, chunk);
  // The cache has what is erased until its writer comes to that; and the memory may have been cleared of it
  // before this came.
  const auto now = context_->catalog.find(item.id);
  if (now && now->revision == item.revision) return chunk;
  if (whole) context_->memory().forget(item.revision);
  return nullptr;
}

std::optional<ChunkLookup::Found> ChunkLookup::find(const MediaItemRef& item, ByteRange range,
                                                    const Done<Slices>& done, const Hedge& hedge) {
  Found found{.chunks = in_memory(*item, range)};
  if (context_->cache == nullptr) return found;
  std::shared_ptr<HedgedRead> hedged;  // set while a look hangs, under the gate's lock
  const auto hedge_once = [&]() -> std::function<void()> {
    if (hedged) return [] {};
    hedged = std::make_shared<HedgedRead>(done);
    return hedge(hedged);
  };
  const CacheReadGate::HandOver hand_over(std::ref(hedge_once));  // which allocates nothing
  ChunkIndex index = chunks_covering(range).first;
  for (ConstBuffer& chunk : found.chunks) {
    if (!chunk) {
      const CacheReadGate::Lookup look(gate_, hand_over);
      if (look.may_look()) chunk = in_cache(*item, index, range);
      if (!look.may_look()) found.cache = CacheLook::hangs;
    }
    index = next(index);
  }
  if (!hedged) return found;
  hedged->from_disk(found.all() ? std::optional(slices_of(found.chunks, range)) : std::nullopt);
  return std::nullopt;
}

}  // namespace mediafs
