#pragma once

#include <chrono>
#include <thread>

#include "process.h"

namespace mediafs::e2e {

/// Whether `condition` comes true within `time`: the one place where a test waits by the clock.
template <typename Condition>
bool eventually(Condition condition, std::chrono::milliseconds time = kPatience) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace mediafs::e2e
