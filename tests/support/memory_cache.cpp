#include "support/memory_cache.h"

namespace mediafs {

void MemoryCache::set_commit_delay(Duration delay) {
  const MutexLock lock(mutex_);
  commit_delay_ = delay;
}

void MemoryCache::set_full(bool full) {
  const MutexLock lock(mutex_);
  full_ = full;
}

void MemoryCache::set_broken(bool broken) {
  const MutexLock lock(mutex_);
  broken_ = broken;
}

void MemoryCache::set_size_limit(std::uint64_t bytes) {
  const MutexLock lock(mutex_);
  size_limit_ = bytes;
}

bool MemoryCache::evict(const MediaId& id) {
  {
    const MutexLock lock(mutex_);
    if (pins_.contains(id)) return false;
    const auto item = items_.find(id);
    if (item == items_.end()) return true;
    versions_[item->second.revision] = {.lost_some = true};  // what is queued of it comes yet
    note_incomplete(id, item->second.revision);
    item->second.complete = false;
  }
  tell_incomplete();
  return true;
}

std::uint64_t MemoryCache::unfounded() const {
  const MutexLock lock(mutex_);
  return unfounded_;
}

void MemoryCache::settle() {
  std::size_t count = 0;
  {
    const MutexLock lock(mutex_);
    count = queue_.size();
  }
  commit(count);
}

MediaCache::Known MemoryCache::load() {
  const MutexLock lock(mutex_);
  Known known;
  for (const auto& [id, item] : items_) known.items.push_back(item);
  for (const auto& [key, listing] : listings_) known.listings.push_back(listing);
  return known;
}

const MemoryCache::Chunk* MemoryCache::queued(ChunkKey key) const {
  const Chunk* found = nullptr;
  for (const Write& write : queue_) {
    if (const auto* chunk = std::get_if<Chunk>(&write); chunk != nullptr && chunk->key == key) found = chunk;
    if (const auto* drop = std::get_if<Drop>(&write); drop != nullptr && drop->revision == key.revision)
      found = nullptr;
  }
  return found;
}

bool MemoryCache::read_chunk(const MediaItem& item, ChunkIndex index, ByteRange part, MutableBytes out) {
  const MutexLock lock(mutex_);
  const ChunkKey key{item.revision, index};
  const auto from = static_cast<std::ptrdiff_t>(part.offset);
  if (const Chunk* const waiting = queued(key)) {
    std::copy_n(waiting->bytes.get() + from, part.length, out.begin() + from);
    return true;
  }
  const auto version = versions_.find(key.revision);
  if (broken_ || version == versions_.end()) return false;
  const auto chunk = version->second.chunks.find(index);
  if (chunk == version->second.chunks.end()) return false;
  std::copy_n(chunk->second.begin() + from, part.length, out.begin() + from);
  return true;
}

std::uint64_t MemoryCache::backlog() const {
  const MutexLock lock(mutex_);
  const auto chunks = std::count_if(queue_.begin(), queue_.end(),
                                    [](const Write& write) { return std::holds_alternative<Chunk>(write); });
  return static_cast<std::uint64_t>(chunks) * kChunkSize;
}

bool MemoryCache::accepts_chunks() const {
  const MutexLock lock(mutex_);
  return !full_ && !broken_;
}

bool MemoryCache::has_room_for(std::uint64_t size) const {
  const MutexLock lock(mutex_);
  return size <= size_limit_;
}

void MemoryCache::pin(const MediaId& id) {
  const MutexLock lock(mutex_);
  ++pins_[id];
}

void MemoryCache::unpin(const MediaId& id) {
  const MutexLock lock(mutex_);
  if (--pins_[id] == 0) pins_.erase(id);
}

void MemoryCache::on_incomplete(std::function<void(const MediaId&, Revision)> listener) {
  const MutexLock lock(telling_);
  listener_ = std::move(listener);
}

std::uint64_t MemoryCache::chunks_of(const MediaId& /*id*/, Revision revision) {
  const MutexLock lock(mutex_);
  const auto version = versions_.find(revision);
  return version == versions_.end() ? 0 : version->second.chunks.size();
}

Journal::Progress MemoryCache::progress() const {
  const MutexLock lock(mutex_);
  return progress_;
}

void MemoryCache::queue(Write write) {
  Duration delay{};
  {
    const MutexLock lock(mutex_);
    queue_.push_back(std::move(write));
    ++progress_.queued;
    delay = commit_delay_;
  }
  timer_.after(delay, [this] { commit(1); });
}

/// The first `count` of the queue; what settle() has committed already is not there any more.
void MemoryCache::commit(std::size_t count) {
  std::vector<Write> done;  // let go after the lock: a pool may wake a stream
  {
    const MutexLock lock(mutex_);
    const auto past = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(count, queue_.size()));
    done.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(past));
    queue_.erase(queue_.begin(), past);
    for (Write& write : done) {
      std::visit([this](auto& one) REQUIRES(mutex_) { apply(one); }, write);
      ++progress_.committed;
    }
  }
  tell_incomplete();
}

void MemoryCache::apply(Chunk& chunk) {
  Version& version = versions_[chunk.key.revision];
  if (full_ || broken_) {
    version.lost_some = true;
    note_incomplete(chunk.id, chunk.key.revision);
    return;
  }
  version.chunks[chunk.key.index].assign(chunk.bytes.get(), chunk.bytes.get() + kChunkSize);
}

void MemoryCache::apply(MediaItem& item) {
  const Version& version = versions_[item.revision];
  if (item.complete && version.chunks.size() < chunk_count(item.size)) {
    if (!version.lost_some) ++unfounded_;
    item.complete = false;
    note_incomplete(item.id, item.revision);
  }
  items_.insert_or_assign(item.id, item);
}

void MemoryCache::note_incomplete(const MediaId& id, Revision revision) {
  incomplete_.emplace_back(id, revision);
}

void MemoryCache::tell_incomplete() {
  const MutexLock order(telling_);
  Incomplete told;
  {
    const MutexLock lock(mutex_);
    told.swap(incomplete_);
  }
  for (const auto& [id, revision] : told) {
    if (listener_) listener_(id, revision);
  }
}

}  // namespace mediafs
