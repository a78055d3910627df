#include "cache/retention.h"

#include <algorithm>
#include <ctime>

namespace mediafs {

namespace {

UnixSeconds seconds_since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec;
}

}  // namespace

RetentionClock::RetentionClock(UnixSeconds latest_seen)
    : ahead_of_boot_(latest_seen - seconds_since_boot()) {}

UnixSeconds RetentionClock::now() const {
  const UnixSeconds since_boot = seconds_since_boot();
  UnixSeconds before = ahead_of_boot_;
  UnixSeconds ahead = 0;
  do {
    ahead = ahead_of_boot(wall_seconds(), since_boot, before);
  } while (!ahead_of_boot_.compare_exchange_weak(before, ahead));
  return since_boot + ahead;
}

std::vector<Revision> choose_victims(std::vector<EvictionCandidate> candidates, std::uint64_t chunks) {
  std::sort(candidates.begin(), candidates.end(),
            [](const auto& a, const auto& b) { return a.last_used_at < b.last_used_at; });
  std::vector<Revision> victims;
  std::uint64_t freed = 0;
  for (const EvictionCandidate& candidate : candidates) {
    if (freed >= chunks) break;
    victims.push_back(candidate.revision);
    freed += candidate.chunks;
  }
  return victims;
}

}  // namespace mediafs
