// Erases while a mount is served: for the cache commands, by age, and what the origin has erased.
#pragma once

#include <atomic>
#include <cstdint>

#include "cli/cache_requests.h"
#include "mediafs/base/mutex.h"
#include "mediafs/base/timer.h"
#include "mediafs/filesystem/filesystem.h"
#include "mediafs/mount/mount.h"

namespace mediafs {

/// Erases from the catalog, the cache and the kernel. Thread-safe. It waits for the disk and the kernel, so
/// it is called on threads that answer none of the kernel's requests (that of a cache command, for which its
/// user waits, and that of chores), and only while the mount is served.
class EraseService {
 public:
  /// `cache` may be null.
  EraseService(Filesystem& filesystem, Cache* cache, Mount& mount);

  /// How many of the media were known.
  Result<std::size_t> erase(const std::vector<MediaId>& media, const std::vector<MediaId>& sessions)
      EXCLUDES(mutex_);
  /// The rest of an erasure that Filesystem has begun: the cache and the kernel.
  void finish_erased(const EraseResult& result) EXCLUDES(mutex_);
  Status clear() EXCLUDES(mutex_);
  /// Media that it has erased, for whatever reason; of clear() as many as were known.
  [[nodiscard]] std::uint64_t erased() const { return erased_; }
  /// REQUIRES: there is a cache.
  void erase_expired() EXCLUDES(mutex_);

 private:
  Status finish(const std::vector<EraseResult>& results) REQUIRES(mutex_);

  Filesystem& filesystem_;
  Cache* const cache_;
  Mount& mount_;
  std::atomic<std::uint64_t> erased_ = 0;
  // One erasure at a time. Held over the disk, the kernel, and the replies to who waits for what is erased.
  Mutex mutex_{LockRank::erase_service};
};

/// Again and again, on the thread of `chores`.
void erase_what_is_too_old(EraseService& erase_service, Duration max_age, Timer& chores);

/// For the cache commands. Cache and service must outlive it.
CacheControl control_of(Cache& cache, EraseService& erase_service, std::string mountpoint);

}  // namespace mediafs
