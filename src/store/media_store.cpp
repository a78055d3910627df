#include "mediafs/store/media_store.h"

#include <algorithm>
#include <vector>

#include "store/download.h"
#include "store/handed_over_read.h"
#include "store/revalidation.h"
#include "store/store_context.h"
#include "store/stream_plan.h"
#include "store/timed_lookups.h"

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

MediaStore::MediaStore(const Options& options, MediaSource& source, Cache* cache, Catalog& catalog,
                       Timer& timer)
    : context_(std::make_shared<StoreContext>(options, source, cache, catalog, timer)),
      lookups_(std::make_unique<TimedLookups>(TimedLookups::Options{.places = options.lookups}, timer)),
      gone_([this](const MediaId& id, const std::function<void()>& then) {
        erase(id);
        then();
      }),
      revalidation_(std::make_unique<Revalidation>(
          Revalidation::Options{.age = options.revalidate, .deadline = options.deadline}, source, timer,
          Revalidation::Consequences{
              .exists = [this](const MediaId& id, const MediaHead& head) { Use(*this, id)->confirmed(head); },
              .gone =
                  [this](const MediaId& id, std::function<void()> then) {
                    context_->catalog.note_absent(id, context_->options.negative_ttl);
                    gone_(id, std::move(then));
                  }})) {
  context_->idle = [this](const MediaId& id) { drop_if_idle(id); };
}

MediaStore::~MediaStore() = default;

void MediaStore::on_change(ChangeListener listener) {
  context_->changed = std::move(listener);
}

void MediaStore::on_gone(GoneListener listener) {
  gone_ = std::move(listener);
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

void MediaStore::confirm_to_open(const MediaId& id, Done<MediaItemRef> done, const std::stop_token& stop) {
  const auto item = context_->catalog.find(id);
  if (!item || item->claimed() || !revalidation_->is_due(*item)) return confirm(id, std::move(done), stop);
  revalidation_->ask(
      *item,
      [this, id, done = std::move(done), stop](const Status& there) {
        there ? confirm(id, done, stop) : done(there.error());
      },
      stop);
}

unsigned MediaStore::percent_kept(const MediaItem& item) {
  if (item.claimed() || context_->cache == nullptr) return 0;
  const std::uint64_t all = chunk_count(item.size);
  if (all == 0) return 100;
  const std::uint64_t kept = context_->cache->chunks_of(item.id, item.revision);
  return static_cast<unsigned>(std::min(kept, all) * 100 / all);
}

/// What the memory has: one place for each chunk of the range.
std::vector<ConstBuffer> MediaStore::in_memory(const MediaItem& item, ByteRange range) {
  const ChunkSpan span = chunks_covering(range);
  std::vector<ConstBuffer> found;
  found.reserve(span.count());
  for (ChunkIndex index = span.first; index < span.past; index = next(index))
    found.push_back(context_->memory.get({item.revision, index}));
  return found;
}

/// The part of the chunk that the range wants, from the cache; null where that has it not.
ConstBuffer MediaStore::look_up(const MediaItem& item, ChunkIndex index, ByteRange range) {
  const ByteRange part = part_within(index, range);
  Buffer chunk = context_->pool.acquire_for_demand();
  if (!context_->cache->read_chunk(item, index, part, MutableBytes(chunk.get(), kChunkSize))) return nullptr;
  if (part.length < chunk_length(item.size, index)) return chunk;
  context_->memory.put({item.revision, index}, chunk);
  // It may have been erased meanwhile, and the memory cleared of it before this came.
  const auto now = context_->catalog.find(item.id);
  if (!now || now->revision != item.revision) context_->memory.forget(item.revision);
  return chunk;
}

/// Looks in the cache for the chunks that are missing. False: one took so long that the read has been handed
/// over, and is answered elsewhere.
bool MediaStore::look_in_cache(const MediaItemRef& item, ByteRange range, std::vector<ConstBuffer>& chunks,
                               const Done<Slices>& done, const std::stop_token& stop) {
  if (context_->cache == nullptr) return true;
  std::shared_ptr<HandedOverRead> handed;  // set while a look-up hangs, under the lock of those
  const auto ask_origin = [&]() -> std::function<void()> {
    if (handed) return [] {};
    handed = std::make_shared<HandedOverRead>(done);
    return [this, item, range, handed, stop] { read_instead(item, range, handed, stop); };
  };
  const TimedLookups::HandOver hand_over(std::ref(ask_origin));  // which allocates nothing
  ChunkIndex index = chunks_covering(range).first;
  for (ConstBuffer& chunk : chunks) {
    if (!chunk) {
      const TimedLookups::Lookup lookup(*lookups_, hand_over);
      if (lookup.may_look()) chunk = look_up(*item, index, range);
    }
    index = next(index);
  }
  if (!handed) return true;
  const bool all = std::count(chunks.begin(), chunks.end(), nullptr) == 0;
  handed->from_disk(all ? std::optional(PendingRead(item, range, chunks, nullptr).slices()) : std::nullopt);
  return false;
}

/// In the place of a look-up that hangs.
void MediaStore::read_instead(const MediaItemRef& item, ByteRange range,
                              const std::shared_ptr<HandedOverRead>& handed, const std::stop_token& stop) {
  context_->timer.after(context_->options.deadline, [handed] { handed->give_up_the_disk(); });
  const auto answer = [handed](const Result<Slices>& bytes) { handed->from_origin(bytes); };
  Use(*this, item->id)->read(item, range, in_memory(*item, range), answer, /*last_try=*/true, stop);
}

void MediaStore::read(const MediaItemRef& item, ByteRange range, const Done<Slices>& done,
                      const std::stop_token& stop) {
  for (const bool last_try : {false, true}) {
    std::vector<ConstBuffer> chunks = in_memory(*item, range);
    if (!look_in_cache(item, range, chunks, done, stop)) return;
    if (std::count(chunks.begin(), chunks.end(), nullptr) == 0) {
      if (!item->complete) note_read(item->id, range);
      done(PendingRead(item, range, std::move(chunks), nullptr).slices());
      return;
    }
    if (Use(*this, item->id)->read(item, range, chunks, done, last_try, stop)) return;
  }
}

/// Tells the media's download, if there is one, how far its readers have come.
void MediaStore::note_read(const MediaId& id, ByteRange range) {
  if (const auto download = download_of(id)) download->note_read(range);
}

/// Null: nothing is under way for it.
std::shared_ptr<Download> MediaStore::download_of(const MediaId& id) {
  const MutexLock lock(mutex_);
  const auto found = downloads_.find(id);
  return found == downloads_.end() ? nullptr : found->second.download;
}

void MediaStore::erase(const MediaId& id) {
  if (context_->catalog.find(id) || download_of(id)) Use(*this, id)->erase();
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
  revalidation_->stop();
}

}  // namespace mediafs
