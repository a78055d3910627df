#include "store/lookup/cache_read_gate.h"

#include <algorithm>

#include "mediafs/base/log.h"

namespace mediafs {

CacheReadGate::CacheReadGate(const Options& options, Timer& timer)
    : options_(options), timer_(timer), places_(std::max<std::size_t>(options.places, 1)) {}

std::optional<std::size_t> CacheReadGate::free_place() const {
  const auto found = std::find_if(places_.begin(), places_.end(),
                                  [](const Place& place) { return place.hand_over == nullptr; });
  if (found == places_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - places_.begin());
}

std::optional<std::size_t> CacheReadGate::enter(const HandOver& hand_over) {
  const MutexLock lock(mutex_);
  auto place = free_place();
  if (!place) place = wait_for_place();
  if (hanging_ > 0 || !place) return std::nullopt;
  places_[*place] = {&hand_over, timer_.now(), false};
  if (!watched_) watch_from(places_[*place].began);
  return place;
}

/// Whoever waits here is a thread, and is not to depend on another one, such as the timer's, to go on.
std::optional<std::size_t> CacheReadGate::wait_for_place() {
  SteadyTime::duration left = options_.limit;
  auto place = free_place();
  while (hanging_ == 0 && !place && changed_.wait_within(mutex_, left)) place = free_place();
  return place;
}

void CacheReadGate::watch_from(SteadyTime when) {
  watched_ = true;
  timer_.at(when + options_.limit, [this] { look_at_the_clock(); });
}

void CacheReadGate::leave(std::size_t place) {
  bool back = false;
  {
    const MutexLock lock(mutex_);
    if (places_[place].handed_over) back = --hanging_ == 0;
    places_[place] = {};
    changed_.notify_all();
  }
  if (back) log::info("the cache's disk answers again");
}

void CacheReadGate::look_at_the_clock() {
  std::vector<std::function<void()>> answers;
  bool first = false;
  {
    const MutexLock lock(mutex_);
    watched_ = false;
    const SteadyTime now = timer_.now();
    std::optional<SteadyTime> oldest;
    for (Place& place : places_) {
      if (place.hand_over == nullptr || place.handed_over) continue;
      if (place.began + options_.limit > now) {
        oldest = std::min(oldest.value_or(place.began), place.began);
        continue;
      }
      answers.push_back((*place.hand_over)());
      place.handed_over = true;
      first = first || hanging_ == 0;
      ++hanging_;
    }
    if (oldest) watch_from(*oldest);
    if (first) changed_.notify_all();
  }
  if (first) log::info("the cache's disk does not answer; the API is asked instead until it does");
  for (const auto& answer : answers) answer();
}

}  // namespace mediafs
