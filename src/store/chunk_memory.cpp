#include "store/chunk_memory.h"

#include <utility>

namespace mediafs {

ConstBuffer ChunkMemory::get(ChunkKey key) {
  const MutexLock lock(mutex_);
  const auto found = places_.find(key);
  if (found == places_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->chunk;
}

void ChunkMemory::put(ChunkKey key, ConstBuffer chunk) {
  ConstBuffer dropped;  // let go after the lock: its pool may wake a stream
  const MutexLock lock(mutex_);
  if (const auto found = places_.find(key); found != places_.end()) {
    dropped = std::exchange(found->second->chunk, std::move(chunk));
    entries_.splice(entries_.begin(), entries_, found->second);
    return;
  }
  if (entries_.size() >= capacity_) {
    dropped = std::move(entries_.back().chunk);
    places_.erase(entries_.back().key);
    entries_.pop_back();
  }
  entries_.push_front({key, std::move(chunk)});
  places_[key] = entries_.begin();
}

}  // namespace mediafs
