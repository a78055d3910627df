#include "mount/interrupts.h"

#include <csignal>
#include <fstream>
#include <string>

namespace mediafs {

namespace {

constexpr auto kLookAgain = std::chrono::milliseconds(250);

/// Whether SIGKILL is pending for the thread: proc(5), SigPnd and ShdPnd. The kernel makes that of every
/// signal that ends a process.
bool is_dying(pid_t thread) {
  std::ifstream status("/proc/" + std::to_string(thread) + "/status");
  constexpr std::uint64_t kKill = std::uint64_t{1} << (SIGKILL - 1);
  std::string name;
  std::string value;
  while (status >> name && std::getline(status, value)) {
    if ((name == "SigPnd:" || name == "ShdPnd:") && (std::stoull(value, nullptr, 16) & kKill) != 0)
      return true;
  }
  return false;
}

}  // namespace

std::stop_token Interrupts::watch(fuse_req_t request) {
  std::stop_token token;
  {
    const MutexLock lock(mutex_);
    Watched& watched = watched_[request];
    watched = {.number = ++last_number_, .caller = fuse_req_ctx(request)->pid, .stop = {}};
    token = watched.stop.get_token();
  }
  fuse_req_interrupt_func(request, &Interrupts::on_interrupt, this);  // may call it at once
  return token;
}

void Interrupts::forget(fuse_req_t request) {
  const MutexLock lock(mutex_);
  watched_.erase(request);
}

std::optional<Interrupts::Watched> Interrupts::find(fuse_req_t request) {
  const MutexLock lock(mutex_);
  const auto found = watched_.find(request);
  return found == watched_.end() ? std::nullopt : std::optional(found->second);
}

void Interrupts::on_interrupt(fuse_req_t request, void* self) {
  auto& interrupts = *static_cast<Interrupts*>(self);
  const auto watched = interrupts.find(request);
  if (!watched || watched->caller == 0) return;
  interrupts.timer_.at(steady_now(), [&interrupts, request, number = watched->number] {
    interrupts.look_at_caller(request, number);
  });
}

void Interrupts::look_at_caller(fuse_req_t request, std::uint64_t number) {
  auto watched = find(request);
  if (!watched || watched->number != number) return;  // answered
  if (is_dying(watched->caller)) {
    watched->stop.request_stop();
  } else {
    timer_.at(steady_now() + kLookAgain, [this, request, number] { look_at_caller(request, number); });
  }
}

}  // namespace mediafs
