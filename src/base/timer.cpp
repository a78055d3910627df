#include "mediafs/base/timer.h"

namespace mediafs {

TimerThread::TimerThread() : thread_([this] { run(); }) {}

TimerThread::~TimerThread() {
  stop();
}

void TimerThread::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Timer::Id TimerThread::at(SteadyTime when, Job job) {
  const MutexLock lock(mutex_);
  const Id id{when, next_++};
  const auto place = jobs_.emplace(id, std::move(job)).first;
  if (place == jobs_.begin()) wake_.notify_all();
  return id;
}

bool TimerThread::cancel(const Id& id) {
  Job dropped;  // destroyed after the lock: what it captured may take locks of its own
  const MutexLock lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return false;
  dropped = std::move(found->second);
  jobs_.erase(found);
  return true;
}

void TimerThread::run() {
  mutex_.lock();
  while (!stopping_) {
    if (jobs_.empty()) {
      wake_.wait(mutex_);
      continue;
    }
    const auto first = jobs_.begin();
    if (first->first.first > clock_.now()) {
      const SteadyTime due = first->first.first;
      wake_.wait_until(mutex_, due);
      continue;
    }
    Job job = std::move(first->second);
    jobs_.erase(first);
    mutex_.unlock();
    job();
    job = nullptr;
    mutex_.lock();
  }
  mutex_.unlock();
}

}  // namespace mediafs
