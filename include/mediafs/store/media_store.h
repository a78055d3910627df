// The bytes of media: from memory, from the cache, or from the API by one download for all who ask.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "mediafs/api/media_source.h"
#include "mediafs/base/buffer_pool.h"
#include "mediafs/base/mutex.h"
#include "mediafs/base/timer.h"
#include "mediafs/cache/media_cache.h"
#include "mediafs/model/byte_range.h"
#include "mediafs/store/catalog.h"
#include "mediafs/store/media_store_options.h"
#include "mediafs/store/slices.h"
#include "mediafs/store/transfer.h"

namespace mediafs {

class ChunkLookup;
class Download;
class HedgedRead;
class Revalidation;
class StoreContext;

/// Thread-safe; nothing here waits for the network.
class MediaStore {
 public:
  using Options = MediaStoreOptions;

  /// Told, on the timer's thread, when a media turned out to be another version than was known.
  using ChangeListener = std::function<void(const MediaId&)>;

  /// `cache` may be null. All must outlive this object.
  MediaStore(const Options& options, MediaSource& source, MediaCache* cache, Catalog& catalog, Timer& timer);
  ~MediaStore();
  MediaStore(const MediaStore&) = delete;
  MediaStore& operator=(const MediaStore&) = delete;

  void on_change(ChangeListener listener);

  /// Told, on the thread that learns it, that the origin has a media no more. It has the media erased, by
  /// erase() or more, and calls `then` when nothing of it can be read any more. Must not block.
  using GoneListener = std::function<void(const MediaId&, std::function<void()> then)>;
  void on_gone(GoneListener listener);

  /// What is known of a media; the API is asked where nothing is, by the GET that goes on to bring its bytes.
  /// Where `stop` is requested meanwhile, it ends with Errc::cancelled.
  void find(const MediaId& id, Done<MediaItemRef> done, const std::stop_token& stop = {}) EXCLUDES(mutex_);

  /// The same, where a provisional item is not enough.
  void confirm(const MediaId& id, Done<MediaItemRef> done, const std::stop_token& stop = {}) EXCLUDES(mutex_);

  /// The same for who is about to open it: where the origin has not said for some time that it has the media,
  /// it is asked, and the media erased here where it is gone there (Errc::not_found). An origin that does not
  /// answer is not waited for long, and changes nothing.
  void confirm_to_open(const MediaId& id, Done<MediaItemRef> done, const std::stop_token& stop = {})
      EXCLUDES(mutex_);

  /// How much of a media stands in the cache, in percent: what the next server can read without a request.
  [[nodiscard]] unsigned percent_kept(const MediaItem& item);

  /// The bytes of `range`, which lies within the item's size: all of them or an error. Errc::changed where
  /// the item is no longer the media's version. On which threads `done` is called, and what it may do there:
  /// Done, and docs/internals/threads.md.
  void read(const MediaItemRef& item, ByteRange range, const Done<Slices>& done,
            const std::stop_token& stop = {}) EXCLUDES(mutex_);

  /// Why a version that was opened cannot be read any more: the failure that ended it while that is
  /// remembered (a second or so), else Errc::changed.
  Error why_stale(const MediaId& id) EXCLUDES(mutex_);

  /// Somebody has the media open: its download goes on as long as one is.
  void opened(const MediaId& id) EXCLUDES(mutex_);
  void closed(const MediaId& id) EXCLUDES(mutex_);

  /// Media that will probably be opened next, in that order: those that are not here are fetched, small ones
  /// first and large ones as far as their head, within the memory that there is for it.
  void fetch_ahead(const std::vector<MediaId>& ids) EXCLUDES(mutex_);

  /// Whatever is known of the media is forgotten here, its bytes first of all; a download that is under way
  /// ends, and nothing of it arrives. Whoever waits for it gets Errc::changed. Listings that name it go
  /// first: see Eraser.
  void erase(const MediaId& id) EXCLUDES(mutex_);

  /// How many media have something under way: a stream, somebody who waits or has it open.
  [[nodiscard]] std::size_t under_way() EXCLUDES(mutex_);

  /// Of which of them streams are under way, in the order of their ids.
  [[nodiscard]] std::vector<Transfer> transfers() EXCLUDES(mutex_);

  /// Ends every wait and every download with Errc::cancelled; later ones too. The http client must still run.
  void stop() EXCLUDES(mutex_);

 private:
  struct Entry {
    std::shared_ptr<Download> download;
    int users = 0;  // calls that are using it just now
  };
  class Use;  // keeps an entry in its place while it is used

  std::shared_ptr<Download> download_of(const MediaId& id) EXCLUDES(mutex_);
  std::vector<std::shared_ptr<Download>> all_downloads() EXCLUDES(mutex_);
  void read_from_origin(const MediaItemRef& item, ByteRange range, const std::shared_ptr<HedgedRead>& hedged,
                        const std::stop_token& stop) EXCLUDES(mutex_);
  void note_read(const MediaId& id, ByteRange range) EXCLUDES(mutex_);
  void drop_if_idle(const MediaId& id) EXCLUDES(mutex_);

  const std::shared_ptr<StoreContext> context_;
  const std::unique_ptr<ChunkLookup> lookup_;
  GoneListener gone_;
  const std::unique_ptr<Revalidation> revalidation_;
  Mutex mutex_{LockRank::media_store};  // taken before a download's
  std::unordered_map<MediaId, Entry> downloads_ GUARDED_BY(mutex_);
};

}  // namespace mediafs
