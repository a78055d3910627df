// Time as the project reads it. Deadlines and backoff use the monotonic clock, so that a stepped wall clock
// moves none of them; the wall clock is for dates that people see.
#pragma once

#include <chrono>

namespace mediafs {

using SteadyTime = std::chrono::steady_clock::time_point;
using Duration = std::chrono::milliseconds;

inline SteadyTime steady_now() {
  return std::chrono::steady_clock::now();
}

/// Seconds since 1970-01-01 UTC, as stat(2) gives them.
using UnixSeconds = std::int64_t;

inline UnixSeconds wall_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace mediafs
