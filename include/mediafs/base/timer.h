// One thread that runs jobs at their time. The keeper is one (deadlines, backoff, idle streams).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <thread>
#include <utility>

#include "mediafs/base/clock.h"
#include "mediafs/base/mutex.h"

namespace mediafs {

/// Jobs run one after another on the keeper's thread, without a lock of the timer held; a job of the keeper's
/// must not block. All methods may be called from any thread, also from a job.
class Timer {
 public:
  using Job = std::function<void()>;
  using Id = std::pair<SteadyTime, std::uint64_t>;  // what cancel() takes

  Timer();
  ~Timer();  // as stop()
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  Id at(SteadyTime when, Job job);

  /// Waits for the job that is running; no other runs any more. Not from a job.
  void stop();

  /// True if the job had not started and now never will.
  bool cancel(const Id& id);

 private:
  void run();

  Mutex mutex_;
  CondVar wake_;
  std::map<Id, Job> jobs_ GUARDED_BY(mutex_);
  std::uint64_t next_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace mediafs
