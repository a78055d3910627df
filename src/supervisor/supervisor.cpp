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
#include "supervisor/supervisor_loop.h"

namespace mediafs {

namespace {

constexpr Duration kAnswerEverybodyWithin{1'500};  // then the mount goes without them
constexpr Duration kEndWithin{15'000};             // a cache on a slow disk may take a while to close
constexpr Duration kEndWithoutMountWithin{2'000};  // of who did not answer
constexpr Duration kLookAgain{250};
constexpr Duration kLookSoon{20};
constexpr std::uint32_t kKeptDescriptors = 2;  // by the service manager

/// SIGUSR1 is what some send after they have rotated a log, which is noticed without it.
sigset_t our_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) ::sigaddset(&set, signal);
  return set;
}

UniqueFd signals_as_descriptor() {
  Supervisor::hold_signals_back();
  const sigset_t set = our_signals();
  return UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

}  // namespace

Supervisor::Supervisor(Options options, ServiceManager& service, const Clock& clock)
    : loop_(std::make_unique<Loop>(std::move(options), service, clock)) {}
Supervisor::~Supervisor() = default;

void Supervisor::hold_signals_back() {
  const sigset_t set = our_signals();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
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
  // In the meantime a stop may have taken the restart's place.
  if (leaves_mount_ && !is_restarted()) {
    log::info("the restart has become a stop, and the mount goes");
    leaves_mount_ = false;
  }
  close_upgrades();
  if (leaves_mount_ && mount_) mount_->leave();
  if (!leaves_mount_) unmount();
  return *outcome_;
}

bool Supervisor::Loop::set_up() {
  signals_ = signals_as_descriptor();
  program_ = UniqueFd(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  std::error_code failed;
  program_path_ = std::filesystem::read_symlink("/proc/self/exe", failed).string();
  if (options_.kept && !adopt_mount(*std::move(options_.kept))) return false;
  if (!hand_over_) {
    auto memory = SharedMemory::create(options_.hand_over_bytes);
    if (memory) hand_over_ = *std::move(memory);
  }
  if (signals_ && program_ && hand_over_) return true;
  finish({.kind = Outcome::Kind::gave_up, .text = "neither program nor memory for a server can be had"});
  return false;
}

bool Supervisor::Loop::adopt_mount(KeptMount kept) {
  mount_ = KernelMount::adopt(options_.mount, std::move(kept.device), std::move(kept.number));
  hand_over_ = std::move(kept.memory);
  has_served_ = true;
  if (is_refused()) return false;
  log::info("the mount is there already: another server takes it over");
  return true;
}

/// A service is active for others: a mount that they do not see is none.
bool Supervisor::Loop::is_refused() {
  if (!mount_->is_hidden()) return false;
  if (!service_.is_there()) {
    log::warning("{}", kHiddenMount);
    return false;
  }
  finish({.kind = Outcome::Kind::mount_refused,
          .text = "this service has a mount namespace of its own, where nobody would see the mount: "
                  "PrivateTmp=, ProtectSystem=, ProtectHome= and the like make one (systemd.exec(5))"});
  return true;
}

bool Supervisor::Loop::mount() {
  auto mounted = KernelMount::open(options_.mount);
  if (!mounted) {
    finish({.kind = Outcome::Kind::mount_refused, .text = mounted.error().context});
    return false;
  }
  mount_ = *std::move(mounted);
  if (is_refused()) return false;
  listen_for_upgrades();
  if (service_.keeps_descriptors()) {
    service_.keep(kept_name_of_device(mount_->number()), mount_->device());
    service_.keep(memory_name(), hand_over_.get());
  }
  return true;
}

std::string Supervisor::Loop::memory_name() const {
  return kept_name_of_memory({options_.mount.mountpoint, options_.hand_over_bytes, options_.identity});
}

void Supervisor::Loop::unmount() {
  if (!mount_) return;
  forget_mount();
  close_upgrades();  // the next mount may have its number
  mount_.reset();
}

void Supervisor::Loop::close_upgrades() {
  const bool says_why = outcome_ && !outcome_->text.empty();
  upgrades_.answer(Error{Errc::internal, says_why ? outcome_->text : kGoingDown});
  upgrades_.close();
}

void Supervisor::Loop::forget_mount() {
  if (!service_.keeps_descriptors()) return;
  service_.forget(kept_name_of_device(mount_->number()));
  service_.forget(memory_name());
}

void Supervisor::Loop::listen_for_upgrades() {
  if (!mount_ || upgrades_.descriptor() >= 0) return;
  if (!upgrades_.listen(mount_->number()) && !std::exchange(has_told_of_sighup_, true))
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
  if (upgrades_.take_requests()) begin_upgrade();
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

/// Whether the next start of the service is about to come, and will have the mount.
bool Supervisor::Loop::is_restarted() const {
  if (!mount_ || !service_.keeps_descriptors()) return false;
  const ServiceJob job = job_of_our_service(kKeptDescriptors);
  if (job == ServiceJob::unknown) log::warning("systemd does not say whether this is a restart: unmounting");
  if (job == ServiceJob::restart_without_kept)
    log::warning("systemd does not keep the mount over the restart (FileDescriptorStoreMax=): unmounting");
  return job == ServiceJob::restart;
}

void Supervisor::Loop::stop() {
  if (std::exchange(stopping_, true)) return;
  leaves_mount_ = is_restarted();
  log::info("{}",
            leaves_mount_ ? "the service is restarted, and the mount stays" : "the mount is asked to go");
  service_.tell("STOPPING=1");
  if (upgrading_) upgrade_failed(kGoingDown);
  restart_at_.reset();
  if (!current_) return finish({});
  if (!leaves_mount_) unmount_at_ = clock_.now() + kAnswerEverybodyWithin;
  kill_at_ = clock_.now() + (leaves_mount_ ? kStepDownWithin : kEndWithin);
  const auto order = leaves_mount_ ? Message::Kind::step_down : Message::Kind::end;
  if (!current_->serving() || !current_->channel().send(order)) current_->kill();
}

}  // namespace mediafs
