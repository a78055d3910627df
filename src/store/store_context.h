#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

#include "mediafs/api/media_source.h"
#include "mediafs/base/buffer_pool.h"
#include "mediafs/base/timer.h"
#include "mediafs/cache/media_cache.h"
#include "mediafs/crypto/random.h"
#include "mediafs/store/catalog.h"
#include "mediafs/store/media_store_options.h"
#include "store/lookup/chunk_memory.h"

namespace mediafs {

/// What the store and its downloads work with. Thread-safe.
class StoreContext {
 public:
  using Told = std::function<void(const MediaId&)>;

  StoreContext(const MediaStoreOptions& o, MediaSource& s, MediaCache* c, Catalog& k, Timer& t)
      : options(o),
        source(s),
        cache(c),
        catalog(k),
        timer(t),
        pool_(kChunkSize, static_cast<std::size_t>(o.memory / kChunkSize * 7 / 8)),
        memory_(static_cast<std::size_t>(o.memory / kChunkSize / 2)) {}

  const MediaStoreOptions options;
  MediaSource& source;
  MediaCache* const cache;
  Catalog& catalog;
  Timer& timer;

  BufferPool& pool() { return pool_; }
  ChunkMemory& memory() { return memory_; }

  // Set before the first download begins.
  /// A media turned out to be another version than was known.
  void on_change(Told listener) { changed_ = std::move(listener); }
  void changed(const MediaId& id) const { changed_(id); }
  /// A download has nothing left to do.
  void on_idle(Told listener) { idle_ = std::move(listener); }
  void idle(const MediaId& id) const { idle_(id); }

  void stop() { stopping_ = true; }
  [[nodiscard]] bool stopping() const { return stopping_; }

  void stream_began() { ++streams_running_; }
  void stream_ended() { --streams_running_; }
  /// More streams than may be kept while they do nothing.
  [[nodiscard]] bool crowded() const { return streams_running_ > options.streams_kept; }
  [[nodiscard]] std::uint64_t streams_running() const { return streams_running_; }

  /// For what is fetched ahead, all streams together. Without a cache nothing may leave memory() unread,
  /// where what was read meanwhile stands beside it.
  [[nodiscard]] std::uint64_t memory_for_windows() const { return options.memory / (cache_keeps() ? 4 : 8); }

  /// Whether a media's head, at least, can be read without a request.
  [[nodiscard]] bool is_here(const MediaItem& item) {
    if (item.from_listing_only()) return false;
    if (item.size == 0 || (item.complete && cache != nullptr)) return true;
    return memory_.get({item.revision, ChunkIndex{0}}) != nullptr;
  }

  [[nodiscard]] double jitter() const {
    return options.jitter ? options.jitter() : crypto::random_fraction();
  }

  [[nodiscard]] bool cache_keeps() const { return cache != nullptr && cache->accepts_chunks(); }
  /// The same of a media of that size.
  [[nodiscard]] bool cache_keeps(std::uint64_t size) const {
    return cache_keeps() && cache->has_room_for(size);
  }

 private:
  BufferPool pool_;     // seven eighths of it; acquire_for_demand, for who waits, goes beyond
  ChunkMemory memory_;  // half of it at most, so that streams always find a block in the end
  Told changed_ = [](const MediaId&) {};
  Told idle_ = [](const MediaId&) {};
  std::atomic<std::uint64_t> streams_running_ = 0;
  std::atomic<bool> stopping_ = false;
};

}  // namespace mediafs
