#include "mount/interrupts.h"

#include <csignal>
#include <fstream>
#include <string>

namespace mediafs {

namespace {

constexpr auto kLookAtCallerAgain = std::chrono::milliseconds(250);

constexpr std::uint64_t bit_of(int signal) {
  return std::uint64_t{1} << (signal - 1);
}

/// The signals that dump core: signal(7). They stay pending as what they are; of any other that ends a
/// process the kernel makes a SIGKILL for each of its threads.
constexpr std::uint64_t kCoreSignals = bit_of(SIGQUIT) | bit_of(SIGILL) | bit_of(SIGTRAP) | bit_of(SIGABRT) |
                                       bit_of(SIGBUS) | bit_of(SIGFPE) | bit_of(SIGSEGV) | bit_of(SIGXCPU) |
                                       bit_of(SIGXFSZ) | bit_of(SIGSYS);

/// Whether a signal is pending for the thread that ends it, as proc(5) tells.
bool is_dying(pid_t thread) {
  std::ifstream status("/proc/" + std::to_string(thread) + "/status");
  std::uint64_t pending = 0;
  std::uint64_t survived = 0;
  std::string name;
  std::string value;
  while (status >> name && std::getline(status, value)) {
    if (name == "SigPnd:" || name == "ShdPnd:") pending |= std::stoull(value, nullptr, 16);
    if (name == "SigBlk:" || name == "SigIgn:" || name == "SigCgt:")
      survived |= std::stoull(value, nullptr, 16);
  }
  return (pending & (bit_of(SIGKILL) | (kCoreSignals & ~survived))) != 0;
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
  interrupts.timer_.post(
      [&interrupts, request, number = watched->number] { interrupts.look_at_caller(request, number); });
}

void Interrupts::look_at_caller(fuse_req_t request, std::uint64_t number) {
  auto watched = find(request);
  if (!watched || watched->number != number) return;  // answered
  if (is_dying(watched->caller)) {
    watched->stop.request_stop();
  } else {
    timer_.after(kLookAtCallerAgain, [this, request, number] { look_at_caller(request, number); });
  }
}

}  // namespace mediafs
