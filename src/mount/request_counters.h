#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mediafs/base/clock.h"
#include "mediafs/base/histogram.h"
#include "mediafs/mount/mount.h"

namespace mediafs {

/// How long the kernel's requests take, and which errors answer them. Each request under way has a word of
/// its own here, at its place in the RequestTable. Thread-safe, without a lock.
class RequestCounters {
 public:
  struct Taken {
    std::uint64_t operation = 0;  // its place in the table of names
    SteadyTime since;
  };

  /// `places`: how many the table has.
  explicit RequestCounters(std::size_t places) : under_way_(places) {}

  /// The request has just been read, and has that place until it is answered.
  void taken(std::size_t place, std::uint32_t opcode);
  /// REQUIRES: it was taken, and its place is still its own.
  [[nodiscard]] Taken at(std::size_t place) const;
  void answered(const Taken& request);

  /// A reply's errno(3); 0 is none.
  void note_error(int error);

  [[nodiscard]] static bool is_lookup(const Taken& request);
  [[nodiscard]] MountStats snapshot() const;

 private:
  static constexpr std::size_t kErrors = 512;  // the kernel takes no reply with another: fuse_dev_do_write

  std::vector<std::atomic<std::uint64_t>> under_way_;  // nanoseconds and operation
  std::array<DurationHistogram, 14> durations_;        // one for each operation that has a name
  std::array<std::atomic<std::uint64_t>, kErrors> errors_{};
};

}  // namespace mediafs
