#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace mediafs::sandbox {

// The API requests that may be answered at the same time: the size of a thread pool that a real
// server would have. Safe for any number of threads.
class Slots {
 public:
  explicit Slots(std::size_t count) : free_(count) {}

  // Waits for a free slot; false when close() came first.
  bool take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return free_ > 0 || is_closed_; });
    if (is_closed_) return false;
    --free_;
    return true;
  }
  void give_back() {
    const std::lock_guard lock(mutex_);
    ++free_;
    changed_.notify_one();
  }
  void close() {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  // All below: guarded by mutex_.
  std::size_t free_;
  bool is_closed_ = false;
};

}  // namespace mediafs::sandbox
