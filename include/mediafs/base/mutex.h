// std::mutex and friends with the annotations that clang's -Wthread-safety checks
// (https://clang.llvm.org/docs/ThreadSafetyAnalysis.html); libstdc++'s own carry none. Builds with
// MEDIAFS_CHECK_LOCK_RANKS (cmake/lock_ranks.cmake) hold every thread to the order of the locks; in the
// others a Mutex is a std::mutex and no more.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "mediafs/base/lock_rank.h"

#if defined(__clang__)
#define MEDIAFS_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define MEDIAFS_THREAD_ANNOTATION(x)
#endif

#define CAPABILITY(x) MEDIAFS_THREAD_ANNOTATION(capability(x))
#define SCOPED_CAPABILITY MEDIAFS_THREAD_ANNOTATION(scoped_lockable)
#define GUARDED_BY(x) MEDIAFS_THREAD_ANNOTATION(guarded_by(x))
#define REQUIRES(...) MEDIAFS_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) MEDIAFS_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) MEDIAFS_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define RELEASE(...) MEDIAFS_THREAD_ANNOTATION(release_capability(__VA_ARGS__))

namespace mediafs {

#if defined(MEDIAFS_CHECK_LOCK_RANKS)

/// Of the calling thread.
inline thread_local HeldRanks t_held_ranks;  // NOLINT: nothing else can know it

class CAPABILITY("mutex") Mutex {
 public:
  explicit Mutex(LockRank rank) : rank_(rank) {}
  void lock() ACQUIRE() {
    t_held_ranks.take(rank_);  // before it waits, which may be for ever
    mutex_.lock();
  }
  void unlock() RELEASE() {
    mutex_.unlock();
    t_held_ranks.give_back(rank_);
  }

 private:
  std::mutex mutex_;
  const LockRank rank_;
};

#else

class CAPABILITY("mutex") Mutex {
 public:
  explicit Mutex(LockRank /*rank*/) {}
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

#endif

class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// Waits release and retake the mutex; callers loop over their condition. What else is held meanwhile comes
/// before it in rank, since it is taken anew.
class CondVar {
 public:
  void wait(Mutex& mutex) REQUIRES(mutex) { cv_.wait(mutex); }
  void wait_until(Mutex& mutex, std::chrono::steady_clock::time_point when) REQUIRES(mutex) {
    cv_.wait_until(mutex, when);
  }
  /// As long as `left` at most, by the machine's time; what has been waited is taken from it. False: nothing
  /// is left.
  bool wait_within(Mutex& mutex, std::chrono::steady_clock::duration& left) REQUIRES(mutex) {
    const auto began = std::chrono::steady_clock::now();
    cv_.wait_for(mutex, left);
    left -= std::chrono::steady_clock::now() - began;
    return left > std::chrono::steady_clock::duration::zero();
  }
  void notify_all() { cv_.notify_all(); }

 private:
  std::condition_variable_any cv_;
};

}  // namespace mediafs
