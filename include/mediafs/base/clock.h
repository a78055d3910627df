// Time as the project reads it. Deadlines and backoff use the monotonic clock, so that a stepped wall clock
// moves none of them; the wall clock is for dates that people see.
#pragma once

#include <chrono>
#include <cstdint>

namespace mediafs {

using SteadyTime = std::chrono::steady_clock::time_point;
using Duration = std::chrono::milliseconds;

/// Seconds since 1970-01-01 UTC, as stat(2) gives them.
using UnixSeconds = std::int64_t;

/// Where the time is read. Whatever decides by time is given one, so that a test can turn it. Any thread.
class Clock {
 public:
  Clock() = default;
  virtual ~Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

  [[nodiscard]] virtual SteadyTime now() const = 0;
  [[nodiscard]] virtual UnixSeconds wall_seconds() const = 0;
};

/// For what waits for threads, files and processes, which keep no other time; scripts/check_floors.py names
/// the floors that use a Clock instead.
inline SteadyTime steady_now() {
  return std::chrono::steady_clock::now();
}

/// See steady_now().
inline UnixSeconds wall_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// The machine's time.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override { return steady_now(); }
  [[nodiscard]] UnixSeconds wall_seconds() const override { return mediafs::wall_seconds(); }
};

}  // namespace mediafs
