#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <stop_token>
#include <unordered_map>

#include "mediafs/base/mutex.h"
#include "mediafs/base/timer.h"
#include "mount/libfuse.h"

namespace mediafs {

/// Ends the wait of callers that have been killed. Once a request has been read from /dev/fuse, its caller
/// cannot end before the reply, not even by SIGKILL. The kernel sends an INTERRUPT, but for every signal, and
/// a signal that does not kill must not become an EINTR (Go programs send themselves SIGURG all the time, and
/// many programs do not expect EINTR from a file). So after an interrupt the caller is looked at now and
/// then, and its wait is stopped once it is about to die.
///
/// Thread-safe. Must outlive every request that it watches.
class Interrupts {
 public:
  explicit Interrupts(Timer& timer) : timer_(timer) {}

  /// The request is going to wait; forget() before it is answered.
  std::stop_token watch(fuse_req_t request) EXCLUDES(mutex_);
  void forget(fuse_req_t request) EXCLUDES(mutex_);

 private:
  struct Watched {
    std::uint64_t number = 0;
    pid_t caller = 0;  // the thread that waits, as this process sees it; 0: it does not
    std::stop_source stop;
  };

  static void on_interrupt(fuse_req_t request, void* self);
  void look_at_caller(fuse_req_t request, std::uint64_t number) EXCLUDES(mutex_);
  std::optional<Watched> find(fuse_req_t request) EXCLUDES(mutex_);

  Timer& timer_;
  Mutex mutex_{LockRank::interrupts};  // a leaf: libfuse's locks are held where it is taken
  std::unordered_map<fuse_req_t, Watched> watched_ GUARDED_BY(mutex_);
  std::uint64_t last_number_ GUARDED_BY(mutex_) = 0;
};

}  // namespace mediafs
