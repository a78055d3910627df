#include "mediafs/store/media_store.h"

#include <algorithm>
#include <vector>

#include "store/download.h"
#include "store/store_context.h"

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

void MediaStore::find(const MediaId& id, Done<MediaItemRef> done) {
  if (auto item = context_->catalog.find(id)) {
    done(std::move(item));
  } else if (context_->catalog.known_absent(id)) {
    done(Error{Errc::not_found, "known not to exist"});
  } else {
    Use(*this, id)->find(std::move(done));
  }
}

/// One place for each chunk; null where it is neither in memory nor in the cache.
std::vector<ConstBuffer> MediaStore::gather(const MediaItem& item, ChunkSpan chunks, std::size_t& missing) {
  std::vector<ConstBuffer> found(chunks.count());
  missing = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const ChunkKey key{item.revision, ChunkIndex{number_of(chunks.first) + static_cast<std::uint32_t>(i)}};
    found[i] = context_->memory.get(key);
    if (!found[i] && context_->cache != nullptr) {
      const Buffer block = context_->pool.acquire_for_demand();
      if (context_->cache->read_chunk(item, key.index, MutableBytes(block.get(), kChunkSize))) {
        context_->memory.put(key, block);
        found[i] = block;
      }
    }
    if (!found[i]) ++missing;
  }
  return found;
}

void MediaStore::read(const MediaItemRef& item, ByteRange range, const Done<Slices>& done) {
  for (const bool last_try : {false, true}) {
    std::size_t missing = 0;
    std::vector<ConstBuffer> chunks = gather(*item, chunks_covering(range), missing);
    if (missing == 0) {
      if (!item->complete) note_read(item->id, range);
      done(PendingRead(item, range, std::move(chunks), nullptr).slices());
      return;
    }
    if (Use(*this, item->id)->read(item, range, chunks, done, last_try)) return;
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
