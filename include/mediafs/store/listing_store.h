// What sessions and attempts hold: as it was listed last, or by one request for all who ask.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <unordered_map>

#include "mediafs/api/media_source.h"
#include "mediafs/base/mutex.h"
#include "mediafs/base/timer.h"
#include "mediafs/store/catalog.h"

namespace mediafs {

class DeferredActions;

/// Thread-safe; nothing here waits for the network.
class ListingStore {
 public:
  struct Options {
    Duration deadline{30'000};      // of every find
    Duration ttl{60'000};           // how long a listing is taken for the present state
    Duration negative_ttl{10'000};  // how long "no such session" is cached
    Duration patience{2'000};       // after which whoever waits for a newer listing gets the known one
  };

  /// All must outlive this object.
  ListingStore(const Options& options, MediaSource& source, Catalog& catalog, Timer& timer);
  ~ListingStore();
  ListingStore(const ListingStore&) = delete;
  ListingStore& operator=(const ListingStore&) = delete;

  /// Told, on the thread that brings it, of every listing that is newer than the known one, or is not there
  /// any more, before anybody who waits for it is answered.
  void on_change(std::function<void(const ListingKey&)> listener);

  enum class Older { shown, refused };

  /// The listing as it is now, or was within the TTL. Where the origin cannot be reached, or takes its time,
  /// an older one is given if that is wanted; where it answers with something else than a listing, that is
  /// the error. Where `stop` is requested meanwhile, it ends with Errc::cancelled.
  void find(const ListingKey& key, Older older, Done<ListingRef> done, const std::stop_token& stop = {})
      EXCLUDES(mutex_);

  /// Somebody is using what an older listing says: it is asked for again, though nobody waits for that. A few
  /// at a time; the others when they are used next.
  void refresh(const ListingKey& key) EXCLUDES(mutex_);

  /// Somebody has entered a session: its list of attempts, and then theirs, are asked for where they are not
  /// of within the TTL, though nobody waits for that. A few at a time, one after the other; more than a
  /// hundred when they are used.
  void fetch_attempts_ahead(const MediaId& session) EXCLUDES(mutex_);

  /// The listing is forgotten, and an answer to what was asked before with it; it is asked for anew for those
  /// who wait. Whether it was known.
  bool erase(const ListingKey& key) EXCLUDES(taking_in_, mutex_);
  /// Takes these media out of it; it is asked for anew when it is used next. Whether it was known.
  bool remove_from_listing(const ListingKey& key, const std::vector<MediaId>& media)
      EXCLUDES(taking_in_, mutex_);

  /// The known listing is of within the TTL.
  [[nodiscard]] bool is_fresh(const ListingKey& key) EXCLUDES(mutex_);

  /// Ends every wait and every request with Errc::cancelled; later ones too.
  void stop() EXCLUDES(mutex_);

 private:
  struct Waiter;
  struct Listed;  // one listing's state

  Listed& state_of(const ListingKey& key) REQUIRES(mutex_);
  void start(DeferredActions& deferred, const ListingKey& key, Listed& state, Priority priority)
      REQUIRES(mutex_);
  [[nodiscard]] bool is_current(const ListingKey& key, std::uint64_t fetch) EXCLUDES(mutex_);
  bool take_in(const ListingKey& key, std::uint64_t fetch, Result<Listing>& answer)
      EXCLUDES(taking_in_, mutex_);
  bool renew(const ListingKey& key, const std::function<void()>& change) EXCLUDES(taking_in_, mutex_);
  void queue_ahead(const Listing& attempts) REQUIRES(mutex_);
  void start_ahead(DeferredActions& deferred) REQUIRES(mutex_);
  bool start_unasked(DeferredActions& deferred, const ListingKey& key, Priority priority) REQUIRES(mutex_);
  void drop_idle() REQUIRES(mutex_);
  void answered(const ListingKey& key, std::uint64_t fetch, Result<Listing> answer) EXCLUDES(mutex_);
  void end_fetch(DeferredActions& deferred, const ListingKey& key, const std::optional<Error>& failure)
      REQUIRES(mutex_);
  [[nodiscard]] bool failure_still_cached(const Listed& state, Older older, bool known) const
      REQUIRES(mutex_);
  void lose_patience(const ListingKey& key, const std::weak_ptr<Request>& fetch) EXCLUDES(mutex_);
  void abandon(const ListingKey& key, std::uint64_t waiter) EXCLUDES(mutex_);

  const Options options_;
  MediaSource& source_;
  Catalog& catalog_;
  Timer& timer_;
  std::function<void(const ListingKey&)> changed_ = [](const ListingKey&) {};
  Mutex taking_in_{
      LockRank::answers};  // taken before mutex_: one answer or erasure at a time changes what is known
  Mutex mutex_{LockRank::listing_store};  // held while the catalog's or the timer's is taken
  std::unordered_map<ListingKey, std::unique_ptr<Listed>> listings_ GUARDED_BY(mutex_);
  std::uint64_t last_fetch_ GUARDED_BY(mutex_) = 0;
  static constexpr std::size_t kMostStates = 10'000;
  std::size_t drop_above_ GUARDED_BY(mutex_) = kMostStates;
  std::size_t refreshing_ GUARDED_BY(mutex_) = 0;    // that nobody waited for when they began
  std::deque<ListingKey> ahead_ GUARDED_BY(mutex_);  // that are to follow these
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace mediafs
