// Erasing from the mount: as asked by the cache commands, by age, and where the origin has erased.
#pragma once

#include "cli/cache_requests.h"
#include "mediafs/base/mutex.h"
#include "mediafs/base/timer.h"
#include "mediafs/filesystem/filesystem.h"
#include "mediafs/mount/mount.h"

namespace mediafs {

/// From the catalog, the cache and the kernel. Thread-safe; waits for the disk and the kernel, so only on
/// threads that nobody waits for, and while the mount is served.
class Erasing {
 public:
  /// `cache` may be null.
  Erasing(Filesystem& filesystem, Cache* cache, Mount& mount);

  /// How many of the media were known.
  Result<std::size_t> erase(const std::vector<MediaId>& media, const std::vector<MediaId>& sessions)
      EXCLUDES(mutex_);
  /// What has been erased from the catalog already.
  void erase_gone(const Erasure& gone) EXCLUDES(mutex_);
  Status clear() EXCLUDES(mutex_);
  /// REQUIRES: there is a cache.
  void erase_expired() EXCLUDES(mutex_);

 private:
  Status finish(const std::vector<Erasure>& gone) REQUIRES(mutex_);

  Filesystem& filesystem_;
  Cache* const cache_;
  Mount& mount_;
  Mutex mutex_{LockRank::erasing};  // one erasure at a time
};

/// Again and again, on the thread of `chores`.
void erase_what_is_too_old(Erasing& erasing, Duration max_age, Timer& chores);

/// For the cache commands. Both must outlive it.
CacheControl control_of(Cache& cache, Erasing& erasing);

}  // namespace mediafs
