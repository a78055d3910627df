#include "watchdog.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

#include "mount_table.h"
#include "process.h"

namespace mediafs::e2e {
namespace {

namespace fs = std::filesystem;

const std::string kPrefix = "mediafs-mount.";  // then the test process' id, a dot, and something unique

bool is_alive(const std::string& pid) {
  return fs::exists("/proc/" + pid);
}

}  // namespace

Watchdog::Watchdog(fs::path folder, std::chrono::seconds time)
    : folder_(std::move(folder)), thread_([this, time](const std::stop_token& stop) { watch(stop, time); }) {}

void Watchdog::watch(const std::stop_token& stop, std::chrono::seconds time) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, stop, time, [&] { return stop.stop_requested(); });
  if (stop.stop_requested()) return;
  std::fprintf(stderr, "[the test took more than %lld s: it is ended]\n",
               static_cast<long long>(time.count()));
  clear_by_force(folder_);
  std::_Exit(1);
}

void clear_by_force(const fs::path& folder) {
  for (const pid_t pid : processes_of("mediafs", folder)) ::kill(pid, SIGKILL);
  detach_all(folder);
}

void clear_after_the_dead() {
  for (const auto& entry : fs::directory_iterator(fs::temp_directory_path())) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(kPrefix)) continue;
    if (is_alive(name.substr(kPrefix.size(), name.find('.', kPrefix.size()) - kPrefix.size()))) continue;
    clear_by_force(entry.path());
    std::error_code ignored;
    fs::remove_all(entry.path(), ignored);
  }
}

fs::path make_test_folder() {
  std::string name = fs::temp_directory_path() / (kPrefix + std::to_string(::getpid()) + ".XXXXXX");
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp: " + name);
  return name;
}

}  // namespace mediafs::e2e
