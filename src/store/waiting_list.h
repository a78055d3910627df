// Callers who wait for an answer: each is answered once, given up at its deadline, or let go when it stops
// waiting.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "mediafs/base/timer.h"

namespace mediafs {

/// No two waiters of a process have the same.
using WaiterId = std::uint64_t;
inline WaiterId next_waiter_id() {
  static std::atomic<WaiterId> last = 0;
  return ++last;
}

/// `Waiter` is what is kept of one caller. Guarded by its owner.
template <typename Waiter>
class WaitingList {
 public:
  using Id = WaiterId;
  using Told = std::function<void(Id)>;

  /// Both are called on the timer's thread without a lock: `on_stop` when a caller has stopped waiting,
  /// `on_deadline` when `wait` has passed since it began. The owner then takes the waiter out, which may have
  /// gone meanwhile. The timer must outlive this object.
  struct Options {
    Told on_stop;
    std::optional<Duration> wait = std::nullopt;  // nothing: there is no deadline
    Told on_deadline = nullptr;
  };
  WaitingList(Timer& timer, Options options) : timer_(timer), options_(std::move(options)) {}
  ~WaitingList() { take_all(); }
  WaitingList(const WaitingList&) = delete;
  WaitingList& operator=(const WaitingList&) = delete;

  [[nodiscard]] bool empty() const { return entries_.empty(); }

  Id add(Waiter waiter, const std::stop_token& stop) {
    Entry& entry = entries_.emplace_back(Entry{next_waiter_id(), std::move(waiter), std::nullopt, nullptr});
    if (options_.wait) {
      entry.deadline =
          timer_.after(*options_.wait, [told = options_.on_deadline, id = entry.id] { told(id); });
    }
    if (stop.stop_possible()) {
      // The destructor of a stop callback waits for one that is running, and runs under the owner's lock: so
      // the callback takes no lock but the timer's.
      entry.on_stop =
          std::make_unique<StopCallback>(stop, [&timer = timer_, told = options_.on_stop, id = entry.id] {
            timer.post([told, id] { told(id); });
          });
    }
    return entry.id;
  }

  /// Null: it does not wait any more.
  [[nodiscard]] Waiter* find(Id id) {
    const auto found =
        std::find_if(entries_.begin(), entries_.end(), [id](const Entry& e) { return e.id == id; });
    return found == entries_.end() ? nullptr : &found->waiter;
  }

  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (const Entry& entry : entries_) visit(entry.id, entry.waiter);
  }

  /// Takes out those for which `condition` holds, and gives each to `visit`. The condition may change what it
  /// is shown.
  template <typename Condition, typename Visit>
  void take_if(const Condition& condition, const Visit& visit) {
    for (auto entry = entries_.begin(); entry != entries_.end();) {
      if (!condition(entry->waiter)) {
        ++entry;
        continue;
      }
      if (entry->deadline) timer_.cancel(*entry->deadline);
      visit(std::move(entry->waiter));
      entry = entries_.erase(entry);
    }
  }
  std::optional<Waiter> take(Id id) {
    std::optional<Waiter> taken;
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
      if (entry->id != id) continue;
      if (entry->deadline) timer_.cancel(*entry->deadline);
      taken = std::move(entry->waiter);
      entries_.erase(entry);
      break;
    }
    return taken;
  }
  std::vector<Waiter> take_all() {
    std::vector<Waiter> taken;
    take_if([](const Waiter&) { return true; }, [&](Waiter&& waiter) { taken.push_back(std::move(waiter)); });
    return taken;
  }

 private:
  using StopCallback = std::stop_callback<std::function<void()>>;

  struct Entry {
    Id id = 0;
    Waiter waiter;
    std::optional<Timer::Id> deadline;
    std::unique_ptr<StopCallback> on_stop;
  };

  Timer& timer_;
  const Options options_;
  std::list<Entry> entries_;
};

}  // namespace mediafs
