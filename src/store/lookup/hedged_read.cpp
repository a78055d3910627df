#include "store/lookup/hedged_read.h"

#include <utility>

#include "store/transient.h"

namespace mediafs {

void HedgedRead::from_origin(const Result<Slices>& bytes) {
  Done<Slices> done;
  {
    const MutexLock lock(mutex_);
    if (!bytes && disk_may_answer_ && is_transient(bytes.error().code)) {
      failure_ = bytes.error();
      return;
    }
    done = std::exchange(done_, nullptr);
  }
  if (done) done(bytes);
}

void HedgedRead::from_disk(std::optional<Slices> bytes) {
  if (!bytes) return give_up_the_disk();
  Done<Slices> done;
  {
    const MutexLock lock(mutex_);
    done = std::exchange(done_, nullptr);
  }
  if (done) done(*std::move(bytes));
}

void HedgedRead::give_up_the_disk() {
  Done<Slices> done;
  std::optional<Error> failure;
  {
    const MutexLock lock(mutex_);
    disk_may_answer_ = false;
    failure = failure_;
    if (failure) done = std::exchange(done_, nullptr);
  }
  if (done) done(*failure);
}

}  // namespace mediafs
