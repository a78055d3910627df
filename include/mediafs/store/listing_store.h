// What sessions and attempts hold: as it was listed last, or by one request for all who ask.
#pragma once

#include <memory>
#include <stop_token>
#include <unordered_map>

#include "mediafs/api/listing_fetch.h"
#include "mediafs/base/mutex.h"
#include "mediafs/base/timer.h"
#include "mediafs/store/catalog.h"

namespace mediafs {

/// Thread-safe; nothing here waits for the network.
class ListingStore {
 public:
  struct Options {
    Duration deadline{30'000};      // of every find
    Duration ttl{60'000};           // how long a listing is taken for the present state
    Duration negative_ttl{10'000};  // how long "no such session" is believed
    Duration patience{2'000};       // after which whoever waits for a newer listing gets the known one
  };

  /// All must outlive this object.
  ListingStore(const Options& options, ApiClient& api, Catalog& catalog, Timer& timer);
  ~ListingStore();
  ListingStore(const ListingStore&) = delete;
  ListingStore& operator=(const ListingStore&) = delete;

  /// The listing as it is now, or was within the TTL. An older one is given where the origin cannot be
  /// reached or takes its time; where it answers with something else than a listing, that is the error. Where
  /// `stop` is requested meanwhile, it ends with Errc::cancelled.
  void find(const ListingKey& key, Done<ListingRef> done, const std::stop_token& stop = {}) EXCLUDES(mutex_);

  /// The known listing is of within the TTL.
  [[nodiscard]] bool is_fresh(const ListingKey& key) EXCLUDES(mutex_);

  /// Ends every wait and every request with Errc::cancelled; later ones too. The http client must still run.
  void stop() EXCLUDES(mutex_);

 private:
  struct Waiter;
  struct Listed;  // one listing's state

  Listed& state_of(const ListingKey& key) REQUIRES(mutex_);
  void start(const ListingKey& key, Listed& state) REQUIRES(mutex_);
  void answered(const ListingKey& key, Result<Listing> answer) EXCLUDES(mutex_);
  void remember_failure(const ListingKey& key, Listed& state, const Error& failure, bool known_is_shown)
      REQUIRES(mutex_);
  void lose_patience(const ListingKey& key) EXCLUDES(mutex_);
  void abandon(const ListingKey& key, std::uint64_t waiter) EXCLUDES(mutex_);

  const Options options_;
  ApiClient& api_;
  Catalog& catalog_;
  Timer& timer_;
  Mutex mutex_;  // held while the catalog's or the timer's is taken
  std::unordered_map<ListingKey, std::unique_ptr<Listed>> listings_ GUARDED_BY(mutex_);
  std::uint64_t last_waiter_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace mediafs
