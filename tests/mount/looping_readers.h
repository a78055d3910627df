// Many who read on and on, whatever comes of it.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace mediafs::e2e {

/// Each on a thread of its own; they end with it.
class LoopingReaders {
 public:
  /// Reads what the reader of that number has as its so manieth file: its errno, or kWrongBytes.
  using ReadOne = std::function<int(std::size_t reader, std::uint64_t file)>;
  static constexpr int kWrongBytes = -1;

  LoopingReaders(std::size_t count, ReadOne read_one) : read_one_(std::move(read_one)), right_(count) {
    for (std::size_t i = 0; i < count; ++i)
      threads_.emplace_back([this, i](const std::stop_token& stop) { loop(stop, i); });
  }
  ~LoopingReaders() {
    for (auto& thread : threads_) thread.request_stop();  // all of them, before one is waited for
  }
  LoopingReaders(const LoopingReaders&) = delete;
  LoopingReaders& operator=(const LoopingReaders&) = delete;

  /// How often each has read one that was right.
  [[nodiscard]] std::vector<std::uint64_t> right() const {
    std::vector<std::uint64_t> counts;
    for (const auto& one : right_) counts.push_back(one);
    return counts;
  }
  [[nodiscard]] bool each_beyond(const std::vector<std::uint64_t>& counts) const {
    for (std::size_t i = 0; i < counts.size(); ++i)
      if (right_[i] <= counts[i]) return false;
    return true;
  }
  /// What else came, and how often.
  [[nodiscard]] std::map<int, std::uint64_t> failures() const {
    const std::lock_guard lock(mutex_);
    return failures_;
  }

 private:
  static constexpr std::chrono::milliseconds kPause{10};  // as a program has that is started each time

  void loop(const std::stop_token& stop, std::size_t reader) {
    while (!stop.stop_requested()) {
      const int error = read_one_(reader, right_[reader]);
      if (error == 0)
        ++right_[reader];
      else
        note(error);
      std::this_thread::sleep_for(kPause);
    }
  }
  void note(int error) {
    const std::lock_guard lock(mutex_);
    ++failures_[error];
  }

  const ReadOne read_one_;
  std::vector<std::atomic<std::uint64_t>> right_;
  mutable std::mutex mutex_;
  std::map<int, std::uint64_t> failures_;
  std::vector<std::jthread> threads_;  // last: they use all else
};

}  // namespace mediafs::e2e
