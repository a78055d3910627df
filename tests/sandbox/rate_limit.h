#pragma once

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

#include "options.h"

namespace mediafs::sandbox {

// A token bucket that holds what may be taken in a second, and is full at first.
class RateLimit {
 public:
  RateLimit(double per_second, Options::Now now) : now_(std::move(now)) { set(per_second); }

  // 0: no bound.
  void set(double per_second) {
    const std::lock_guard lock(mutex_);
    per_second_ = per_second;
    tokens_ = std::max(per_second, 1.0);
    filled_ = now_();
  }
  // False: it is empty.
  bool take() {
    const std::lock_guard lock(mutex_);
    if (per_second_ <= 0) return true;
    const auto now = now_();
    const double earned = std::chrono::duration<double>(now - filled_).count() * per_second_;
    tokens_ = std::min(tokens_ + earned, std::max(per_second_, 1.0));
    filled_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  const Options::Now now_;
  std::mutex mutex_;
  double per_second_ = 0;  // this and what follows is guarded by mutex_
  double tokens_ = 0;
  std::chrono::steady_clock::time_point filled_;
};

}  // namespace mediafs::sandbox
