// Jobs that run at their time: deadlines, backoff, idle streams.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <thread>
#include <utility>

#include "mediafs/base/clock.h"
#include "mediafs/base/mutex.h"

namespace mediafs {

/// Runs jobs one after another, those of one time in the order in which they came, without a lock of the
/// timer held. A job must not block, unless the timer is there for what does. All methods may be called from
/// any thread, also from a job.
class Timer {
 public:
  using Job = std::function<void()>;
  using Id = std::pair<SteadyTime, std::uint64_t>;  // what cancel() takes

  Timer() = default;
  virtual ~Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// The clock that the jobs' times are of.
  [[nodiscard]] virtual const Clock& clock() const = 0;

  virtual Id at(SteadyTime when, Job job) = 0;

  /// True if the job had not started and now never will.
  virtual bool cancel(const Id& id) = 0;

  [[nodiscard]] SteadyTime now() const { return clock().now(); }
  Id after(SteadyTime::duration wait, Job job) { return at(now() + wait, std::move(job)); }
  /// As soon as may be, on the timer's thread.
  Id post(Job job) { return at(now(), std::move(job)); }
};

/// A thread of its own that keeps the machine's time.
class TimerThread final : public Timer {
 public:
  TimerThread();
  ~TimerThread() override;  // as stop()
  TimerThread(const TimerThread&) = delete;
  TimerThread& operator=(const TimerThread&) = delete;

  [[nodiscard]] const Clock& clock() const override { return clock_; }
  Id at(SteadyTime when, Job job) override;
  bool cancel(const Id& id) override;

  /// Waits for the job that is running; no other runs any more. Not from a job.
  void stop();

 private:
  void run();

  const SystemClock clock_;
  Mutex mutex_{LockRank::timer};
  CondVar wake_;
  std::map<Id, Job> jobs_ GUARDED_BY(mutex_);
  std::uint64_t next_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace mediafs
