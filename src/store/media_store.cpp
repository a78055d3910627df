#include "mediafs/store/media_store.h"

#include <algorithm>
#include <vector>

#include "store/download/download.h"
#include "store/download/pending_read.h"
#include "store/fetch_ahead.h"
#include "store/lookup/chunk_lookup.h"
#include "store/revalidation.h"
#include "store/store_context.h"

namespace mediafs {

/// Keeps a media's download, made where there is none, from being dropped while a call is using it.
class MediaStore::Use {
 public:
  Use(MediaStore& store, const MediaId& id) : store_(store), id_(id) {
    {
      const MutexLock lock(store_.mutex_);
      Entry& entry = store_.downloads_[id];
      if (!entry.download) entry.download = Download::create(id, store_.context_);
      ++entry.users;
      download_ = entry.download;
    }
    download_->load();
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

MediaStore::MediaStore(const Options& options, MediaSource& source, MediaCache* cache, Catalog& catalog,
                       Timer& timer)
    : context_(std::make_shared<StoreContext>(options, source, cache, catalog, timer)),
      lookup_(std::make_unique<ChunkLookup>(context_, options.lookups)),
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
  context_->on_idle([this](const MediaId& id) { drop_if_idle(id); });
}

MediaStore::~MediaStore() = default;

void MediaStore::on_change(ChangeListener listener) {
  context_->on_change(std::move(listener));
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
  if (item && !item->from_listing_only()) {
    done(std::move(item));
  } else if (context_->catalog.known_absent(id)) {
    done(Error{Errc::not_found, "known not to exist"});
  } else {
    Use(*this, id)->find(std::move(done), stop);
  }
}

void MediaStore::confirm_to_open(const MediaId& id, Done<MediaItemRef> done, const std::stop_token& stop) {
  const auto item = context_->catalog.find(id);
  if (!item || item->from_listing_only() || !revalidation_->is_due(*item))
    return confirm(id, std::move(done), stop);
  revalidation_->ask(
      *item,
      [this, id, done = std::move(done), stop](const Status& there) {
        there ? confirm(id, done, stop) : done(there.error());
      },
      stop);
}

unsigned MediaStore::percent_kept(const MediaItem& item) {
  if (item.from_listing_only() || context_->cache == nullptr) return 0;
  const std::uint64_t all = chunk_count(item.size);
  if (all == 0) return 100;
  const std::uint64_t kept = context_->cache->chunks_of(item.id, item.revision);
  return static_cast<unsigned>(std::min(kept, all) * 100 / all);
}

void MediaStore::read(const MediaItemRef& item, ByteRange range, const Done<Slices>& done,
                      const std::stop_token& stop) {
  const auto ask_origin = [&](const std::shared_ptr<HedgedRead>& hedged) -> std::function<void()> {
    return [this, item, range, hedged, stop] { read_from_origin(item, range, hedged, stop); };
  };
  for (const CacheLook look : {CacheLook::may_have_come, CacheLook::not_there}) {
    auto found = lookup_->find(item, range, done, std::ref(ask_origin));
    if (!found) return;
    if (found->all()) {
      if (!item->complete) note_read(item->id, range);
      return done(slices_of(found->chunks, range));
    }
    const CacheLook cache = found->cache == CacheLook::hangs ? CacheLook::hangs : look;
    if (Use(*this, item->id)->read(item, range, found->chunks, done, cache, stop)) return;
  }
}

/// In the place of a look into the cache that hangs.
void MediaStore::read_from_origin(const MediaItemRef& item, ByteRange range,
                                  const std::shared_ptr<HedgedRead>& hedged, const std::stop_token& stop) {
  context_->timer.after(context_->options.deadline, [hedged] { hedged->give_up_the_disk(); });
  const auto answer = [hedged](const Result<Slices>& bytes) { hedged->from_origin(bytes); };
  Use(*this, item->id)->read(item, range, lookup_->in_memory(*item, range), answer, CacheLook::hangs, stop);
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

std::vector<std::shared_ptr<Download>> MediaStore::all_downloads() {
  const MutexLock lock(mutex_);
  std::vector<std::shared_ptr<Download>> downloads;
  for (const auto& [id, entry] : downloads_) downloads.push_back(entry.download);
  return downloads;
}

std::vector<Transfer> MediaStore::transfers() {
  std::vector<Transfer> transfers;
  for (const auto& download : all_downloads()) {
    if (auto transfer = download->transfer()) transfers.push_back(*std::move(transfer));
  }
  std::ranges::sort(transfers, {}, [](const Transfer& transfer) { return transfer.id.text(); });
  return transfers;
}

void MediaStore::stop() {
  context_->stop();
  for (const auto& download : all_downloads()) download->stop();
  revalidation_->stop();
}

}  // namespace mediafs
