#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

namespace mediafs::e2e {

/// Ends this process when a test takes too long, and before that everything that it mounted and started below
/// its folder: a test that hangs in a system call on the mount could not clean up itself.
class Watchdog {
 public:
  explicit Watchdog(std::filesystem::path folder, std::chrono::seconds time);

 private:
  void watch(const std::stop_token& stop, std::chrono::seconds time);

  const std::filesystem::path folder_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

/// Makes an end of the mounts and servers of `folder`, by force.
void clear_by_force(const std::filesystem::path& folder);

/// Does so for the folders of test processes that are no longer there, and removes them.
void clear_after_the_dead();

/// A new folder for one test of this process; clear_after_the_dead() knows it by its name.
std::filesystem::path make_test_folder();

}  // namespace mediafs::e2e
