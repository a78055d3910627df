#pragma once

#include <optional>

#include "mediafs/base/mutex.h"
#include "mediafs/base/result.h"
#include "mediafs/store/slices.h"

namespace mediafs {

/// A read that the origin and a slow disk are both on their way to answer: the first who has its bytes does.
/// Where the origin cannot be reached the disk is waited for after all. Thread-safe; answers once.
class HedgedRead {
 public:
  explicit HedgedRead(Done<Slices> done) : done_(std::move(done)) {}

  void from_origin(const Result<Slices>& bytes) EXCLUDES(mutex_);
  /// Nothing: the cache has not all of it.
  void from_disk(std::optional<Slices> bytes) EXCLUDES(mutex_);
  /// The disk is not waited for any longer.
  void give_up_the_disk() EXCLUDES(mutex_);

 private:
  Mutex mutex_{LockRank::hedged_read};
  Done<Slices> done_ GUARDED_BY(mutex_);  // empty once it has been called
  std::optional<Error> failure_ GUARDED_BY(mutex_);
  bool disk_may_answer_ GUARDED_BY(mutex_) = true;
};

}  // namespace mediafs
