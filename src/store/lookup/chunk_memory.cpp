#include "store/lookup/chunk_memory.h"

#include <iterator>
#include <utility>
#include <vector>

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
  if (entries_.size() >= capacity_) dropped = pop_oldest();
  entries_.push_front({key, std::move(chunk)});
  places_[key] = entries_.begin();
}

void ChunkMemory::forget(Revision revision) {
  std::list<Entry> dropped;  // let go after the lock, as above
  const MutexLock lock(mutex_);
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    if (entry->key.revision == revision) {
      places_.erase(entry->key);
      dropped.splice(dropped.end(), entries_, entry);
    }
    entry = next;
  }
}

void ChunkMemory::yield(std::size_t count) {
  std::vector<ConstBuffer> dropped;  // let go after the lock, as above
  const MutexLock lock(mutex_);
  while (count-- > 0 && !entries_.empty()) dropped.push_back(pop_oldest());
}

ConstBuffer ChunkMemory::pop_oldest() {
  ConstBuffer oldest = std::move(entries_.back().chunk);
  places_.erase(entries_.back().key);
  entries_.pop_back();
  return oldest;
}

}  // namespace mediafs
