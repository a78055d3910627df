// What the store asks of a cache: the one on disk, or in tests one in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "mediafs/base/buffer_pool.h"
#include "mediafs/cache/journal.h"
#include "mediafs/model/byte_range.h"
#include "mediafs/model/chunk.h"
#include "mediafs/model/listing.h"
#include "mediafs/model/media_item.h"

namespace mediafs {

/// Thread-safe. Reads are answered on the calling thread; writes are queued and never waited for. Nothing
/// here fails a caller's read: what cannot be read is a miss, what cannot be written is dropped.
class MediaCache {
 public:
  MediaCache() = default;
  virtual ~MediaCache() = default;
  MediaCache(const MediaCache&) = delete;
  MediaCache& operator=(const MediaCache&) = delete;

  /// Every media and every listing that the cache knows, as last stored.
  struct Known {
    std::vector<MediaItem> items;
    std::vector<Listing> listings;
  };
  virtual Known load() = 0;

  /// True: the bytes of `part`, a range within the chunk, stand in their place in `out`, authenticated; the
  /// rest of `out` is undefined. False: a miss. REQUIRES: out.size() == kChunkSize; part is not empty and
  /// lies within the chunk.
  virtual bool read_chunk(const MediaItem& item, ChunkIndex index, ByteRange part, MutableBytes out) = 0;

  /// Keeps `bytes` until they are on disk; read_chunk finds them from now on. What lies beyond the chunk's
  /// length in the buffer must be zero.
  virtual void store_chunk(const MediaId& id, ChunkKey key, ConstBuffer bytes) = 0;

  /// Bytes of chunks that are queued and not yet committed.
  [[nodiscard]] virtual std::uint64_t backlog() const = 0;

  /// False while there is no room, or the disk fails: what is stored then is dropped.
  [[nodiscard]] virtual bool accepts_chunks() const = 0;
  /// False: a media of that size would take too much of the cache, so that its chunks should not be stored.
  [[nodiscard]] virtual bool has_room_for(std::uint64_t size) const = 0;

  /// While a media is pinned it is not evicted. Counted.
  virtual void pin(const MediaId& id) = 0;
  virtual void unpin(const MediaId& id) = 0;

  /// Told, on the writer thread, of versions that are not complete here any more: they were evicted, or a
  /// chunk could not be written. To set another listener waits for a call under way.
  virtual void on_incomplete(std::function<void(const MediaId&, Revision)> listener) = 0;

  /// Takes effect on disk after everything stored before it.
  /// An item that says "complete" is stored as incomplete where one of its chunks is not there.
  virtual void store_item(MediaItem item) = 0;
  /// Stores the item under another revision. It replaces the one of revision `before`, which is dropped, and
  /// keeps its age, since the origin has said nothing new of it.
  virtual void renew_item(MediaItem item, Revision before) = 0;
  virtual void forget_item(const MediaId& id) = 0;
  virtual void store_listing(ListingRef listing) = 0;
  /// `rest` is what is left of a listing once media have been taken out of it. It is stored under a new key,
  /// and keeps the age of the listing.
  virtual void remove_from_listing(ListingRef rest) = 0;
  virtual void forget_listing(const ListingKey& key) = 0;

  /// Forgets a version's chunks and destroys its key.
  virtual void drop(const MediaId& id, Revision revision) = 0;

  /// How many chunks of the version have been committed and can be read. From memory.
  [[nodiscard]] virtual std::uint64_t chunks_of(const MediaId& id, Revision revision) = 0;

  /// How much has been stored, dropped and forgotten here, and how much of it has been committed or given up.
  [[nodiscard]] virtual Journal::Progress progress() const = 0;
};

}  // namespace mediafs
