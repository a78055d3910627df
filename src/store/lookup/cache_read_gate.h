// A disk that hangs must not hang the threads that look into the cache, and so every read with them.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "mediafs/base/clock.h"
#include "mediafs/base/mutex.h"
#include "mediafs/base/timer.h"

namespace mediafs {

/// The look-ups that are in the cache just now. One that takes too long is handed over, so that somebody else
/// may answer for it. While one hangs no other begins. Thread-safe.
class CacheReadGate {
 public:
  struct Options {
    std::size_t places = 2;  // look-ups at one time: fewer than there are threads
    Duration limit{200};     // of a look-up, and of the wait for a place
  };

  /// Gives what answers in the place of a look-up. Called while it hangs, under the lock: it only copies what
  /// it needs, and may leave word for who called. What it gives is called without the lock, on the timer's
  /// thread.
  using HandOver = std::function<std::function<void()>()>;

  /// One look-up, from before it touches the cache until it is destroyed.
  class Lookup {
   public:
    /// `hand_over` must outlive it.
    Lookup(CacheReadGate& all, const HandOver& hand_over) : all_(all), place_(all.enter(hand_over)) {}
    ~Lookup() {
      if (place_) all_.leave(*place_);
    }
    Lookup(const Lookup&) = delete;
    Lookup& operator=(const Lookup&) = delete;

    /// False: the cache is not to be touched, which is a miss.
    [[nodiscard]] bool may_look() const { return place_.has_value(); }

   private:
    CacheReadGate& all_;
    const std::optional<std::size_t> place_;
  };

  /// The timer must outlive this object, and have been stopped when it ends.
  CacheReadGate(const Options& options, Timer& timer);
  ~CacheReadGate() = default;
  CacheReadGate(const CacheReadGate&) = delete;
  CacheReadGate& operator=(const CacheReadGate&) = delete;

 private:
  struct Place {
    const HandOver* hand_over = nullptr;  // null: nobody is in it
    SteadyTime began{};
    bool handed_over = false;
  };

  std::optional<std::size_t> enter(const HandOver& hand_over) EXCLUDES(mutex_);
  std::optional<std::size_t> wait_for_place() REQUIRES(mutex_);
  void leave(std::size_t place) EXCLUDES(mutex_);
  [[nodiscard]] std::optional<std::size_t> free_place() const REQUIRES(mutex_);
  void look_at_the_clock() EXCLUDES(mutex_);
  void watch_from(SteadyTime when) REQUIRES(mutex_);

  const Options options_;
  Timer& timer_;
  Mutex mutex_{LockRank::cache_read_gate};  // the timer's may be taken under it
  CondVar changed_;
  std::vector<Place> places_ GUARDED_BY(mutex_);
  std::size_t hanging_ GUARDED_BY(mutex_) = 0;
  bool watched_ GUARDED_BY(mutex_) = false;  // the timer will look at the clock
};

}  // namespace mediafs
