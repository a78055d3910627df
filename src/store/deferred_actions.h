#pragma once

#include <functional>
#include <utility>
#include <vector>

namespace mediafs {

/// What has been decided under a lock and is done after it: replies, requests, writes. Declare it before the
/// lock, so that it runs when the lock has gone.
class DeferredActions {
 public:
  DeferredActions() = default;
  ~DeferredActions() {
    for (auto& effect : effects_) effect();
  }
  DeferredActions(const DeferredActions&) = delete;
  DeferredActions& operator=(const DeferredActions&) = delete;

  void add(std::function<void()> effect) { effects_.push_back(std::move(effect)); }

 private:
  std::vector<std::function<void()>> effects_;
};

}  // namespace mediafs
