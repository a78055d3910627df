#pragma once

#include <cstddef>
#include <list>
#include <unordered_map>

#include "mediafs/base/buffer_pool.h"
#include "mediafs/base/mutex.h"
#include "mediafs/model/chunk.h"

namespace mediafs {

/// The plain chunks that were used last, so that the kernel's requests, smaller than a chunk, do not open it
/// again and again. Thread-safe; its lock is a leaf.
class ChunkMemory {
 public:
  explicit ChunkMemory(std::size_t capacity) : capacity_(capacity) {}

  /// Null: not here.
  ConstBuffer get(ChunkKey key) EXCLUDES(mutex_);
  void put(ChunkKey key, ConstBuffer chunk) EXCLUDES(mutex_);

  /// Lets go of a version's chunks.
  void forget(Revision revision) EXCLUDES(mutex_);

  /// Lets go of the `count` chunks that were used longest ago.
  void yield(std::size_t count) EXCLUDES(mutex_);

 private:
  struct Entry {
    ChunkKey key;
    ConstBuffer chunk;
  };

  ConstBuffer pop_oldest() REQUIRES(mutex_);

  const std::size_t capacity_;
  Mutex mutex_{LockRank::chunk_memory};
  std::list<Entry> entries_ GUARDED_BY(mutex_);  // last used first
  std::unordered_map<ChunkKey, std::list<Entry>::iterator> places_ GUARDED_BY(mutex_);
};

}  // namespace mediafs
