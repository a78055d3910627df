// The sealed cache on disk: which media are known, and their bytes. src/cache/FORMAT.md describes its files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mediafs/base/buffer_pool.h"
#include "mediafs/base/result.h"
#include "mediafs/base/secret.h"
#include "mediafs/model/byte_range.h"
#include "mediafs/model/chunk.h"
#include "mediafs/model/listing.h"
#include "mediafs/model/media_item.h"

namespace mediafs {

/// Thread-safe. Reads are answered on the calling thread; writes are queued for the one writer thread and
/// never waited for. Nothing here fails a caller's read: what cannot be read is a miss, what cannot be
/// written is logged (once) and dropped.
class Cache {
 public:
  struct Options {
    std::string directory;  // made, with its parents, where it is missing; mode 0700
    std::uint64_t size_limit = 10_GiB;
  };

  /// Any of `secrets` may be the one under which the cache was made; the first is used for a new one.
  ///
  /// Errc::denied: made under another secret, left as it is. Errc::unavailable: another server has it.
  /// Others: the directory or the files cannot be used.
  static Result<std::unique_ptr<Cache>> open(const Options& options,
                                             const std::vector<SecretString>& secrets);

  ~Cache();  // writes what is queued, then leaves the files in a state that the next server can trust
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  /// Every media and every listing that the cache knows, as last stored.
  struct Known {
    std::vector<MediaItem> items;
    std::vector<Listing> listings;
  };
  Known load();

  /// True: the bytes of `part`, a range within the chunk, stand in their place in `out`, authenticated; the
  /// rest of `out` is undefined. False: a miss.
  /// REQUIRES: out.size() == kChunkSize, part is not empty and ends there at most.
  bool read_chunk(const MediaItem& item, ChunkIndex index, ByteRange part, MutableBytes out);

  /// Keeps `bytes` until they are on disk; read_chunk finds them from now on. What lies beyond the chunk's
  /// length in the buffer must be zero.
  void store_chunk(const MediaId& id, ChunkKey key, ConstBuffer bytes);

  /// A chunk that is not kept: its version is not whole on disk from now on.
  void skip_chunk(ChunkKey key);

  /// Bytes of chunks that are queued and not yet committed.
  [[nodiscard]] std::uint64_t backlog() const;

  /// False while there is no room, or the disk fails: what is stored then is dropped.
  [[nodiscard]] bool accepts_chunks() const;

  /// Takes effect on disk after everything stored before it.
  /// An item that says "complete" is stored as incomplete where one of its chunks was dropped.
  void store_item(MediaItem item);
  void forget_item(const MediaId& id);
  void store_listing(ListingRef listing);
  void forget_listing(const ListingKey& key);

  /// Forgets a version's chunks.
  void drop(const MediaId& id, Revision revision);

  /// How many chunks of the version have been committed.
  [[nodiscard]] std::uint64_t chunks_of(const MediaId& id, Revision revision);

  /// Returns when all that was stored before has been committed or given up.
  void settle();

 private:
  class Files;
  explicit Cache(std::unique_ptr<Files> files);
  std::unique_ptr<Files> files_;
};

}  // namespace mediafs
