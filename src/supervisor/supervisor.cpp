// Supervisor: from the mount to its end, and what it waits for. Its servers are in supervisor_servers.cpp.
#include "mediafs/supervisor/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <csignal>
#include <filesystem>

#include <fmt/format.h>

#include "mediafs/base/log.h"
#include "mediafs/base/shared_memory.h"
#include "mediafs/mount/mount_table.h"
#include "supervisor/supervisor_loop.h"

namespace mediafs {

namespace {

constexpr Duration kAnswerEverybodyWithin{1'500};  // then the mount goes without them
constexpr Duration kEndWithin{15'000};             // a cache on a slow disk may take a while to close
constexpr Duration kEndWithoutMountWithin{2'000};  // of who did not answer
constexpr Duration kLookAgain{250};
constexpr Duration kLookSoon{20};
constexpr const char* kDeviceName = "mediafs-fuse";

UniqueFd signals_as_descriptor() {
  sigset_t set;
  ::sigemptyset(&set);
  // SIGUSR1 is what some send after they have rotated a log, which is noticed without it.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) ::sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

}  // namespace

Supervisor::Supervisor(Options options, ServiceManager& service, const Clock& clock)
    : loop_(std::make_unique<Loop>(std::move(options), service, clock)) {}
Supervisor::~Supervisor() = default;

bool Supervisor::has_been_left_a_mount(const ServiceManager& service) {
  return service.has_kept(kDeviceName);
}

Supervisor::Outcome Supervisor::run(const std::function<void()>& ready) {
  return loop_->run(ready);
}

Supervisor::Outcome Supervisor::Loop::run(const std::function<void()>& ready) {
  ready_ = ready;
  if (set_up()) start_current();
  while (!outcome_) wait();
  for (const auto* server : {&current_, &candidate_}) {
    if (*server) (*server)->kill();
  }
  if (leaves_mount_ && mount_) mount_->leave();
  if (!leaves_mount_) unmount();
  return *outcome_;
}

bool Supervisor::Loop::set_up() {
  signals_ = signals_as_descriptor();
  program_ = UniqueFd(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  std::error_code failed;
  program_path_ = std::filesystem::read_symlink("/proc/self/exe", failed).string();
  adopt_mount();
  if (!hand_over_) {
    auto memory = SharedMemory::create(options_.hand_over_bytes);
    if (memory) hand_over_ = *std::move(memory);
  }
  if (signals_ && program_ && hand_over_) return true;
  finish({.kind = Outcome::Kind::gave_up, .text = "neither program nor memory for a server can be had"});
  return false;
}

/// Names what a mount's servers leave to each other by all that two of them must have in common.
std::string Supervisor::Loop::hand_over_name() const {
  return fmt::format("mediafs-state-{}-{}-{}{}", Channel::kVersion, options_.hand_over_bytes, options_.serves,
                     options_.mount.allow_other ? "-others" : "");
}

/// What the last supervisor of this service has left with the service manager.
void Supervisor::Loop::adopt_mount() {
  auto device = service_.take_kept(kDeviceName);
  auto memory = service_.take_kept(hand_over_name());
  service_.forget_kept();
  if (!device) return;
  const auto there = find_mount(options_.mount.mountpoint);
  const bool is_mounted = there && there->type == kMountType;
  if (is_mounted) mount_ = KernelMount::adopt(options_.mount, *std::move(device));
  if (!is_mounted || !memory) {
    log::warning("the mount of the last start has gone, or is of other options: mounting anew");
    forget_mount();
    mount_.reset();
    return;
  }
  hand_over_ = *std::move(memory);
  has_served_ = true;
  device_ = there->device;
  log::info("the mount is there already: another server takes it over");
}

bool Supervisor::Loop::mount() {
  auto mounted = KernelMount::open(options_.mount);
  if (!mounted) {
    finish({.kind = Outcome::Kind::mount_refused, .text = mounted.error().context});
    return false;
  }
  mount_ = *std::move(mounted);
  if (mount_->is_hidden() && service_.is_there()) {
    finish({.kind = Outcome::Kind::mount_refused,
            .text = "this service has a mount namespace of its own, where nobody would see the mount: "
                    "PrivateTmp=, ProtectSystem=, ProtectHome= and the like make one (systemd.exec(5))"});
    return false;
  }
  if (mount_->is_hidden()) log::warning("{}", kHiddenMount);
  if (const auto there = find_mount(options_.mount.mountpoint)) device_ = there->device;
  listen_for_upgrades();
  if (service_.keeps_descriptors()) {
    service_.keep(kDeviceName, mount_->device());
    service_.keep(hand_over_name(), hand_over_.get());
  }
  return true;
}

void Supervisor::Loop::unmount() {
  if (!mount_) return;
  forget_mount();
  upgrades_.close();
  mount_.reset();
}

void Supervisor::Loop::forget_mount() {
  if (!service_.keeps_descriptors()) return;
  service_.forget(kDeviceName);
  service_.forget(hand_over_name());
}

void Supervisor::Loop::listen_for_upgrades() {
  if (!mount_ || upgrades_.descriptor() >= 0) return;
  if (!upgrades_.listen(device_) && !std::exchange(has_told_of_sighup_, true))
    log::info("an upgrade can only be asked for by SIGHUP as yet");
}

void Supervisor::Loop::finish(Outcome outcome) {
  if (!outcome_) outcome_ = std::move(outcome);
}

bool Supervisor::Loop::timed_out(std::optional<SteadyTime>& deadline) const {
  if (!deadline || clock_.now() < *deadline) return false;
  deadline.reset();
  return true;
}

int Supervisor::Loop::time_to_wait() const {
  std::optional<SteadyTime> next;
  for (const auto& deadline : {restart_at_, serve_by_, upgrade_deadline_, unmount_at_, kill_at_}) {
    if (deadline && (!next || *deadline < *next)) next = deadline;
  }
  const bool look_soon = (current_ && current_->is_ending()) || !exiting_.empty();
  const bool look_again = current_ || candidate_;
  if (look_soon || look_again)
    next = std::min(next.value_or(SteadyTime::max()), clock_.now() + (look_soon ? kLookSoon : kLookAgain));
  if (!next) return -1;
  const auto left = std::chrono::ceil<Duration>(*next - clock_.now());
  return static_cast<int>(std::clamp<Duration::rep>(left.count(), 0, INT_MAX));
}

void Supervisor::Loop::wait() {
  listen_for_upgrades();
  std::vector<pollfd> fds{{signals_.get(), POLLIN, 0}, {upgrades_.descriptor(), POLLIN, 0}};
  for (const auto* server : {&current_, &candidate_}) {
    if (!*server) continue;
    fds.push_back({(*server)->channel().descriptor(), POLLIN, 0});
    fds.push_back({(*server)->whole_end(), POLLIN, 0});
  }
  ::poll(fds.data(), fds.size(), time_to_wait());
  listen_to_current();
  listen_to_candidate();
  reap_exiting();
  if ((fds[0].revents & POLLIN) != 0) take_signal();
  if ((fds[1].revents & POLLIN) != 0 && upgrades_.accept()) begin_upgrade();
  if (timed_out(restart_at_)) start_current();
  if (timed_out(unmount_at_)) {
    unmount();
    kill_at_ = clock_.now() + kEndWithoutMountWithin;
  }
  if (timed_out(kill_at_) && current_) current_->kill();
  if (timed_out(serve_by_) && current_) current_->kill();
  if (timed_out(upgrade_deadline_)) {
    if (current_steps_down_ && current_) {
      current_->kill();  // what it leaves is as good as what a crash leaves
    } else {
      upgrade_failed("the new server takes too long to get ready");
    }
  }
}

void Supervisor::Loop::take_signal() {
  signalfd_siginfo signal{};
  while (::read(signals_.get(), &signal, sizeof(signal)) == sizeof(signal)) {
    if (signal.ssi_signo == SIGHUP) {
      begin_upgrade();
    } else if (signal.ssi_signo != SIGUSR1) {
      stop();
    }
  }
}

void Supervisor::Loop::stop() {
  if (std::exchange(stopping_, true)) return;
  leaves_mount_ = mount_ && service_.keeps_descriptors() && service_.is_restarting_us();
  log::info("{}",
            leaves_mount_ ? "the service is restarted, and the mount stays" : "the mount is asked to go");
  service_.tell("STOPPING=1");
  if (upgrading_) upgrade_failed("the mount is going down");
  restart_at_.reset();
  if (!current_) return finish({});
  if (!leaves_mount_) unmount_at_ = clock_.now() + kAnswerEverybodyWithin;
  kill_at_ = clock_.now() + kEndWithin;
  const auto order = leaves_mount_ ? Message::Kind::step_down : Message::Kind::end;
  if (!current_->serving() || !current_->channel().send(order)) current_->kill();
}

}  // namespace mediafs
