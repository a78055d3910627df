// std::mutex and friends with the annotations that clang's -Wthread-safety checks
// (https://clang.llvm.org/docs/ThreadSafetyAnalysis.html); libstdc++'s own carry none.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

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

class CAPABILITY("mutex") Mutex {
 public:
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// Waits release and retake the mutex; callers loop over their condition.
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
