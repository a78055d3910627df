#include "store/handed_over_read.h"

#include <utility>

#include "store/may_pass.h"

namespace mediafs {

void HandedOverRead::from_origin(const Result<Slices>& bytes) {
  Done<Slices> done;
  {
    const MutexLock lock(mutex_);
    if (!bytes && disk_may_answer_ && may_pass(bytes.error().code)) {
      failure_ = bytes.error();
      return;
    }
    done = std::exchange(done_, nullptr);
  }
  if (done) done(bytes);
}

void HandedOverRead::from_disk(std::optional<Slices> bytes) {
  if (!bytes) return give_up_the_disk();
  Done<Slices> done;
  {
    const MutexLock lock(mutex_);
    done = std::exchange(done_, nullptr);
  }
  if (done) done(*std::move(bytes));
}

void HandedOverRead::give_up_the_disk() {
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
