#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "mediafs/base/mutex.h"
#include "mediafs/store/transfer.h"
#include "store/deferred_actions.h"
#include "store/download/cache_pin.h"
#include "store/download/fetcher.h"
#include "store/download/receiver.h"
#include "store/download/recent_failure.h"
#include "store/download/version.h"
#include "store/download/waiters.h"
#include "store/lookup/chunk_lookup.h"
#include "store/store_context.h"

namespace mediafs {

/// Everything under way for one media: its version, who waits for what of it, and the streams that bring it.
///
/// Thread-safe: one mutex guards it with all its parts. Each event changes the facts and then has the Fetcher
/// settle what follows from them. Replies and requests go out as deferred actions, after the lock; chunks are
/// handed to the memory and to the cache's queue under it, so that a chunk is always in one of the places
/// where a reader looks.
class Download final : public StreamListener, public std::enable_shared_from_this<Download> {
 public:
  static std::shared_ptr<Download> create(const MediaId& id, std::shared_ptr<StoreContext> context);

  /// Takes in what is known of the media. Before anything else; once, however often it is called.
  void load() EXCLUDES(mutex_);

  void find(Done<MediaItemRef> done, const std::stop_token& stop) EXCLUDES(mutex_);

  /// `chunks` as PendingRead wants it. False, with nothing done, where a chunk that is missing has come
  /// meanwhile and has left the memory for the cache, to be looked for there once more; only where `cache`
  /// says that it may.
  bool read(const MediaItemRef& item, ByteRange range, const std::vector<ConstBuffer>& chunks,
            const Done<Slices>& done, CacheLook cache, const std::stop_token& stop) EXCLUDES(mutex_);

  /// A read was answered without this download: whoever reads on will want what comes after it.
  void note_read(ByteRange range) EXCLUDES(mutex_);

  /// Begins with it though nobody has asked yet; what nobody asks for in the end goes as far as its limit.
  void fetch_head() EXCLUDES(mutex_);

  [[nodiscard]] Error why_stale() const EXCLUDES(mutex_);

  /// The origin has said that the media exists, and what it is; no byte of it has come.
  void confirmed(const MediaHead& head) EXCLUDES(mutex_);

  /// Nothing of the media is known any more, whoever waits gets Errc::changed, and nothing of what is on its
  /// way arrives. Who asks afterwards begins anew.
  void erase() EXCLUDES(mutex_);

  void opened() EXCLUDES(mutex_);
  void closed() EXCLUDES(mutex_);
  void stop() EXCLUDES(mutex_);

  /// Nothing: no stream is under way.
  [[nodiscard]] std::optional<Transfer> transfer() const EXCLUDES(mutex_);

  /// Nothing under way, nobody waiting, nothing worth remembering.
  [[nodiscard]] bool idle() const EXCLUDES(mutex_);

  Flow stream_head(Stream& stream, const MediaHead& head) override EXCLUDES(mutex_);
  Flow stream_body(Stream& stream, ByteView piece) override EXCLUDES(mutex_);
  void stream_end(Stream& stream, Status outcome) override EXCLUDES(mutex_);

 private:
  Download(MediaId id, std::shared_ptr<StoreContext> context);

  void run(const Fetcher::Job& job) EXCLUDES(mutex_);
  void settle(DeferredActions& deferred) REQUIRES(mutex_);
  void end_wait(DeferredActions& deferred, Waiters::Id waiter, bool stopped) REQUIRES(mutex_);
  void adopt(DeferredActions& deferred, Stream& stream, const MediaHead& head) REQUIRES(mutex_);
  void recover(DeferredActions& deferred, Stream& stream, StreamState before, const Error& error)
      REQUIRES(mutex_);
  void fail(DeferredActions& deferred, const Error& error) REQUIRES(mutex_);
  void change_version(DeferredActions& deferred, Errc tell_readers, const Stream* bringing_the_new = nullptr)
      REQUIRES(mutex_);
  void forget_version(DeferredActions& deferred, const Error& tell_readers, const Stream* bringing_the_new)
      REQUIRES(mutex_);

  const MediaId id_;
  const std::shared_ptr<StoreContext> context_;

  mutable Mutex mutex_{LockRank::download};
  std::optional<CachePin> pin_ GUARDED_BY(mutex_);  // what is under way is not evicted; once it is loaded
  Version version_ GUARDED_BY(mutex_);
  std::optional<Waiters> waiters_ GUARDED_BY(mutex_);  // always there, once it has been created
  std::optional<Receiver> receiver_ GUARDED_BY(mutex_);
  std::optional<Fetcher> fetcher_ GUARDED_BY(mutex_);
  std::optional<RecentFailure> failure_ GUARDED_BY(mutex_);
};

}  // namespace mediafs
