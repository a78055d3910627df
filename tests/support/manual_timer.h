#pragma once

#include <atomic>
#include <future>
#include <map>
#include <stdexcept>
#include <utility>

#include "mediafs/base/mutex.h"
#include "mediafs/base/timer.h"

namespace mediafs {

/// A clock that starts at the machine's time and stands still until a test moves it on.
class ManualClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override { return started_ + passed_.load(); }
  [[nodiscard]] UnixSeconds wall_seconds() const override {
    return wall_started_ + std::chrono::duration_cast<std::chrono::seconds>(passed_.load()).count();
  }

  void move_to(SteadyTime time) {
    if (time > now()) passed_ = time - started_;
  }

 private:
  const SteadyTime started_ = steady_now();
  const UnixSeconds wall_started_ = mediafs::wall_seconds();
  std::atomic<SteadyTime::duration> passed_ = SteadyTime::duration::zero();
};

/// A timer whose jobs run on the thread that calls run_next() and what is built on it: one after another, in
/// the order of their times, and the clock goes on from each to the next without any waiting.
class ManualTimer final : public Timer {
 public:
  [[nodiscard]] const Clock& clock() const override { return clock_; }

  Id at(SteadyTime when, Job job) override {
    const MutexLock lock(mutex_);
    const Id id{when, next_++};
    jobs_.emplace(id, std::move(job));
    return id;
  }
  bool cancel(const Id& id) override {
    Job dropped;  // destroyed after the lock
    const MutexLock lock(mutex_);
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) return false;
    dropped = std::move(found->second);
    jobs_.erase(found);
    return true;
  }

  /// Runs the next job where that is due at `last` or before. False: there is none.
  bool run_next(SteadyTime last = SteadyTime::max()) {
    Job job;
    {
      const MutexLock lock(mutex_);
      if (jobs_.empty() || jobs_.begin()->first.first > last) return false;
      clock_.move_to(jobs_.begin()->first.first);
      job = std::move(jobs_.begin()->second);
      jobs_.erase(jobs_.begin());
    }
    job();
    return true;
  }

  /// When the last of the jobs that are there now is due; now, where there is none.
  [[nodiscard]] SteadyTime last_due() const {
    const MutexLock lock(mutex_);
    return jobs_.empty() ? clock_.now() : jobs_.rbegin()->first.first;
  }

  /// So much time passes.
  void advance(SteadyTime::duration time) {
    const SteadyTime last = now() + time;
    while (run_next(last)) {
    }
    clock_.move_to(last);
  }

  /// No job that is there runs any more.
  void drop_jobs() {
    std::map<Id, Job> dropped;  // destroyed after the lock
    const MutexLock lock(mutex_);
    dropped.swap(jobs_);
  }

  /// Lets time pass until the condition holds. False: within an hour it does not, or nothing is left to
  /// happen.
  template <typename Condition>
  bool run_until(Condition condition) {
    const SteadyTime last = now() + std::chrono::hours(1);
    while (!condition()) {
      if (!run_next(last)) return condition();
    }
    return true;
  }

  /// Lets time pass until the value is there. Throws where it never is.
  template <typename Value>
  Value wait(std::future<Value> value) {
    if (!run_until([&] { return value.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }))
      throw std::runtime_error("waited for what never happens");
    return value.get();
  }

 private:
  ManualClock clock_;
  mutable Mutex mutex_{LockRank::timer};
  std::map<Id, Job> jobs_ GUARDED_BY(mutex_);
  std::uint64_t next_ GUARDED_BY(mutex_) = 0;
};

}  // namespace mediafs
