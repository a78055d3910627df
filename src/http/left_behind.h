#pragma once

#include <algorithm>

#include "mediafs/base/clock.h"

namespace mediafs {

/// Bounds the threads that libcurl leaves behind when a transfer ends while its name is still being resolved:
/// getaddrinfo(3) cannot be interrupted. Each is taken to end by itself within a while, as resolv.conf(5) has
/// it end. Those that resolve at the same time are no more than there may be connections, and may all be left
/// behind; the next are let through one by one. Guarded by its owner.
class LeftBehind {
 public:
  static constexpr double kMost = 8;
  static constexpr std::chrono::seconds kEndsWithin{32};

  /// Whether another name may be resolved.
  [[nodiscard]] bool has_room(SteadyTime now) {
    const double seconds = std::chrono::duration<double>(now - last_).count();
    count_ = std::max(0.0, count_ - seconds * kMost / static_cast<double>(kEndsWithin.count()));
    last_ = now;
    return count_ <= kMost - 1;
  }
  /// A resolution has not ended.
  void add(SteadyTime now) {
    static_cast<void>(has_room(now));
    count_ = std::min(count_ + 1, kMost);  // many at once are one event, and not minutes without a name
  }

 private:
  double count_ = 0;
  SteadyTime last_{};
};

}  // namespace mediafs
