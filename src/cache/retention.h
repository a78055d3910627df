// When things go: a clock that cannot be set back, and which media give way when there is no room.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

#include "mediafs/base/clock.h"
#include "mediafs/model/chunk.h"
#include "mediafs/model/media_id.h"

namespace mediafs {

/// Wall time that never falls behind what has been seen: the later of the wall clock, and the latest time
/// that is known of from before plus what has passed since (CLOCK_BOOTTIME, which a suspended machine does
/// not stop). A clock that is set back keeps nothing longer. Any thread.
class RetentionClock {
 public:
  explicit RetentionClock(UnixSeconds latest_seen);

  [[nodiscard]] UnixSeconds now() const;

 private:
  mutable std::atomic<UnixSeconds> ahead_of_boot_;  // at least: what to add to the time since boot
};

/// The rule behind it, apart from the clocks: how far ahead of the time since boot it is from now on.
constexpr UnixSeconds ahead_of_boot(UnixSeconds wall, UnixSeconds since_boot, UnixSeconds before) {
  return std::max(wall - since_boot, before);
}

struct EvictionCandidate {
  Revision revision{};
  UnixSeconds last_used_at = 0;
  std::uint64_t chunks = 0;
};

/// Whole versions, those read longest ago first, until `chunks` are free; all of them where that is not
/// enough.
std::vector<Revision> choose_victims(std::vector<EvictionCandidate> candidates, std::uint64_t chunks);

}  // namespace mediafs
