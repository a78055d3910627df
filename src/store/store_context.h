#pragma once

#include <atomic>
#include <functional>

#include "mediafs/store/media_store.h"
#include "store/lookup/chunk_memory.h"

namespace mediafs {

/// What the store and its downloads work with.
struct StoreContext {
  StoreContext(const MediaStore::Options& o, MediaSource& s, MediaCache* c, Catalog& k, Timer& t)
      : options(o),
        source(s),
        cache(c),
        catalog(k),
        timer(t),
        pool(kChunkSize, static_cast<std::size_t>(o.memory / kChunkSize * 7 / 8)),
        memory(static_cast<std::size_t>(o.memory / kChunkSize / 2)) {}

  const MediaStore::Options options;
  MediaSource& source;
  MediaCache* const cache;
  Catalog& catalog;
  Timer& timer;
  BufferPool pool;     // the last eighth is for reads that somebody waits for: acquire_for_demand
  ChunkMemory memory;  // half of it at most, so that streams always find a block in the end
  std::atomic<std::uint64_t> streams_running = 0;
  MediaStore::ChangeListener changed = [](const MediaId&) {};
  std::function<void(const MediaId&)> idle = [](const MediaId&) {};  // a download has nothing left to do
  std::atomic<bool> stopping = false;

  /// For what is fetched ahead, all streams together. Without a cache nothing may leave `memory` unread,
  /// where what was read meanwhile stands beside it.
  [[nodiscard]] std::uint64_t memory_for_windows() const { return options.memory / (cache_keeps() ? 4 : 8); }

  /// Whether a media's head, at least, can be read without a request.
  [[nodiscard]] bool is_here(const MediaItem& item) {
    if (item.from_listing_only()) return false;
    if (item.size == 0 || (item.complete && cache != nullptr)) return true;
    return memory.get({item.revision, ChunkIndex{0}}) != nullptr;
  }

  [[nodiscard]] bool cache_keeps() const { return cache != nullptr && cache->accepts_chunks(); }
  /// The same of a media of that size.
  [[nodiscard]] bool cache_keeps(std::uint64_t size) const {
    return cache_keeps() && cache->has_room_for(size);
  }
};

}  // namespace mediafs
