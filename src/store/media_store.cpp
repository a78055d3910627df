#include "mediafs/store/media_store.h"

#include <algorithm>
#include <vector>

#include "store/download.h"
#include "store/store_context.h"
#include "store/stream_plan.h"

namespace mediafs {

/// Keeps a media's download, made where there is none, from being dropped while a call is using it.
class MediaStore::Use {
 public:
  Use(MediaStore& store, const MediaId& id) : store_(store), id_(id) {
    const MutexLock lock(store_.mutex_);
    Entry& entry = store_.downloads_[id];
    if (!entry.download) {
      entry.download = std::make_shared<Download>(id, store_.context_);
      entry.download->set_up();
    }
    ++entry.users;
    download_ = entry.download;
  }
  ~Use() {
    {
      const MutexLock lock(store_.mutex_);
      if (--store_.downloads_[id_].users > 0) return;
    }
    store_.drop_if_idle(id_);
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  Download* operator->() const { return download_.get(); }

 private:
  MediaStore& store_;
  const MediaId id_;
  std::shared_ptr<Download> download_;
};

MediaStore::MediaStore(const Options& options, ApiClient& api, Cache* cache, Catalog& catalog, Timer& timer)
    : context_(std::make_shared<StoreContext>(options, api, cache, catalog, timer)) {
  context_->idle = [this](const MediaId& id) { drop_if_idle(id); };
}

MediaStore::~MediaStore() = default;

void MediaStore::on_change(ChangeListener listener) {
  context_->changed = std::move(listener);
}

void MediaStore::drop_if_idle(const MediaId& id) {
  std::shared_ptr<Download> dropped;  // destroyed after the lock
  const MutexLock lock(mutex_);
  const auto found = downloads_.find(id);
  if (found == downloads_.end() || found->second.users > 0 || !found->second.download->idle()) return;
  dropped = std::move(found->second.download);
  downloads_.erase(found);
}

void MediaStore::find(const MediaId& id, Done<MediaItemRef> done, const std::stop_token& stop) {
  auto item = context_->catalog.find(id);
  if (!item || context_->catalog.known_absent(id)) return confirm(id, std::move(done), stop);
  done(std::move(item));
}

void MediaStore::confirm(const MediaId& id, Done<MediaItemRef> done, const std::stop_token& stop) {
  auto item = context_->catalog.find(id);
  if (item && !item->claimed()) {
    done(std::move(item));
  } else if (context_->catalog.known_absent(id)) {
    done(Error{Errc::not_found, "known not to exist"});
  } else {
    Use(*this, id)->find(std::move(done), stop);
  }
}

unsigned MediaStore::percent_kept(const MediaItem& item) {
  if (item.claimed() || context_->cache == nullptr) return 0;
  const std::uint64_t all = chunk_count(item.size);
  if (all == 0) return 100;
  const std::uint64_t kept = item.complete ? all : context_->cache->chunks_of(item.id, item.revision);
  return static_cast<unsigned>(std::min(kept, all) * 100 / all);
}

/// The part of the chunk that the range wants, from memory or from the cache; null where it is in neither.
ConstBuffer MediaStore::look_up(const MediaItem& item, ChunkIndex index, ByteRange range) {
  const ChunkKey key{item.revision, index};
  if (ConstBuffer chunk = context_->memory.get(key)) return chunk;
  if (context_->cache == nullptr) return nullptr;
  const ByteRange part = part_within(index, range);
  Buffer chunk = context_->pool.acquire_for_demand();
  if (!context_->cache->read_chunk(item, index, part, MutableBytes(chunk.get(), kChunkSize))) return nullptr;
  if (part.length == chunk_length(item.size, index)) context_->memory.put(key, chunk);
  return chunk;
}

/// One place for each chunk of the range.
std::vector<ConstBuffer> MediaStore::gather(const MediaItem& item, ByteRange range, std::size_t& missing) {
  const ChunkSpan span = chunks_covering(range);
  std::vector<ConstBuffer> found;
  found.reserve(span.count());
  for (ChunkIndex index = span.first; index < span.past; index = next(index)) {
    found.push_back(look_up(item, index, range));
  }
  missing = static_cast<std::size_t>(std::count(found.begin(), found.end(), nullptr));
  return found;
}

void MediaStore::read(const MediaItemRef& item, ByteRange range, const Done<Slices>& done,
                      const std::stop_token& stop) {
  for (const bool last_try : {false, true}) {
    std::size_t missing = 0;
    std::vector<ConstBuffer> chunks = gather(*item, range, missing);
    if (missing == 0) {
      if (!item->complete) note_read(item->id, range);
      done(PendingRead(item, range, std::move(chunks), nullptr).slices());
      return;
    }
    if (Use(*this, item->id)->read(item, range, chunks, done, last_try, stop)) return;
  }
}

/// Tells the media's download, if there is one, how far its readers have come.
void MediaStore::note_read(const MediaId& id, ByteRange range) {
  std::shared_ptr<Download> download;
  {
    const MutexLock lock(mutex_);
    if (const auto found = downloads_.find(id); found != downloads_.end()) download = found->second.download;
  }
  if (download) download->note_read(range);
}

Error MediaStore::why_stale(const MediaId& id) {
  return Use(*this, id)->why_stale();
}

void MediaStore::opened(const MediaId& id) {
  Use(*this, id)->opened();
}
void MediaStore::closed(const MediaId& id) {
  Use(*this, id)->closed();
}

void MediaStore::fetch_ahead(const std::vector<MediaId>& ids) {
  std::vector<MediaItemRef> missing;
  for (const MediaId& id : ids) {
    auto item = context_->catalog.find(id);
    if (item && !context_->is_here(*item)) missing.push_back(std::move(item));
  }
  for (const MediaItemRef& item : worth_fetching_ahead(missing, context_->memory_for_windows())) {
    Use(*this, item->id)->fetch_head();
  }
}

std::size_t MediaStore::under_way() {
  const MutexLock lock(mutex_);
  return downloads_.size();
}

void MediaStore::stop() {
  context_->stopping = true;
  std::vector<std::shared_ptr<Download>> downloads;
  {
    const MutexLock lock(mutex_);
    for (const auto& [id, entry] : downloads_) downloads.push_back(entry.download);
  }
  for (const auto& download : downloads) download->stop();
}

}  // namespace mediafs
