// Supervisor, the part of its servers: starting them, listening to them, what follows when one ends.
#include <fcntl.h>
#include <poll.h>

#include <fmt/format.h>

#include "mediafs/base/log.h"
#include "supervisor/supervisor_loop.h"

namespace mediafs {

namespace {

constexpr Duration kPrepareWithin{30'000};
constexpr Duration kServeWithin{60'000};  // a large cache on a slow disk may take a while to open
constexpr Duration kServeWithinInUpgrade{15'000};

bool has_message(const ServerProcess& server) {
  pollfd waiting{.fd = server.channel().descriptor(), .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLIN) != 0;
}

}  // namespace

std::optional<ServerProcess> Supervisor::Loop::start_server(const UniqueFd& program) {
  auto server = ServerProcess::start(program, options_.server);
  if (!server) {
    complaint_ = fmt::format("no server can be started: {}", server.error().context);
    log::error("{}", complaint_);
    return std::nullopt;
  }
  std::vector<int> descriptors{hand_over_.get()};
  if (options_.credentials) descriptors.push_back(options_.credentials.get());
  const std::uint32_t flags = (has_served_ ? Message::kTakeOver : 0) |
                              (service_.keeps_descriptors() ? Message::kKeptElsewhere : 0) |
                              (servers_started_++ << Message::kRestartsShift);
  server->channel().send(Message::Kind::begin, flags, options_.mount.mountpoint, descriptors);
  return *std::move(server);
}

void Supervisor::Loop::start_current() {
  complaint_.clear();
  complaint_code_ = 0;
  current_ = start_server(program_);
  if (has_served_) serve_by_ = clock_.now() + kServeWithin;
  if (!current_) on_end({.exit_code = 127});
}

/// Gives the current server what it needs to serve, once it is prepared.
void Supervisor::Loop::let_go() {
  if (!current_->may_go() || (!mount_ && !mount())) return;
  if (has_served_) serve_by_ = clock_.now() + (upgrading_ ? kServeWithinInUpgrade : kServeWithin);
  std::vector<int> descriptors{mount_->device()};
  for (const UniqueFd& lock : locks_) descriptors.push_back(lock.get());
  current_->channel().send(Message::Kind::go, repeat_requests_ ? 0 : Message::kFailUnderWay, {}, descriptors);
}

void Supervisor::Loop::listen_to_current() {
  while (current_ && has_message(*current_)) {
    auto message = current_->channel().receive();
    if (!message) break;  // it has ended, or will in a moment
    on_message(*std::move(message));
  }
  if (!current_) return;
  const auto end = current_->ended(clock_.now());
  if (!end) return;
  exiting_.push_back(*std::move(current_));
  current_.reset();
  on_end(*end);
}

void Supervisor::Loop::on_message(Message message) {
  switch (message.kind) {
    case Message::Kind::prepared:
      current_->note_prepared();
      let_go();
      break;
    case Message::Kind::holds:
      locks_ = std::move(message.descriptors);
      break;
    case Message::Kind::serving:
      on_serving();
      break;
    case Message::Kind::ended:
      stopping_ = true;
      unmount_at_.reset();
      unmount();
      break;
    case Message::Kind::failed:
      complaint_ = message.text;
      complaint_code_ = message.code;
      break;
    case Message::Kind::state:
      service_.tell("STATUS=" + message.text);
      break;
    default:
      log::warning("a server says what a supervisor says");
  }
}

void Supervisor::Loop::on_serving() {
  current_->note_serving(clock_.now());
  serve_by_.reset();
  has_served_ = true;
  if (!std::exchange(has_told_ready_, true)) {
    service_.tell("READY=1\nSTATUS=Serving");
    ready_();
  } else {
    service_.tell("STATUS=Serving, by another server than at first");
  }
  repeat_requests_ = true;
  if (std::exchange(upgrading_, false)) upgraded();
  if (std::exchange(upgrade_waits_, false)) begin_upgrade();
}

void Supervisor::Loop::upgraded() {
  upgrade_deadline_.reset();
  program_ = std::move(candidates_program_);
  const auto paused = std::chrono::duration_cast<Duration>(clock_.now() - step_down_since_);
  log::info("upgraded; nobody was served for {} ms", paused.count());
  upgrades_.answer(paused);
}

void Supervisor::Loop::on_end(const ServerEnd& end) {
  serve_by_.reset();
  if (stopping_) return finish({});
  if (!has_served_) {
    const std::string text =
        complaint_.empty() ? "the server " + text_of(end) + " before the mount was ready" : complaint_;
    return finish({.kind = Outcome::Kind::server_failed, .code = complaint_code_, .text = text});
  }
  if (current_steps_down_) return promote_candidate();
  const std::string why = complaint_.empty() ? text_of(end) : text_of(end) + ": " + complaint_;
  if (upgrading_) {
    const std::string which = candidate_ ? "the old" : "the new";
    upgrade_failed(which + " server " + why + "; the old program serves again");
  }
  const RestartPolicy::Decision next = policy_.after(end, clock_.now());
  if (next.give_up) {
    log::error("the server {}, as did those before it, and there will be no other: unmounting", why);
    service_.tell("STATUS=Given up");
    return finish({.kind = Outcome::Kind::gave_up,
                   .code = complaint_code_,
                   .text = "server after server has ended; the last one " + why});
  }
  log::write_event(log::Level::warning,
                   fmt::format("the server {}; another one takes over{}", why,
                               next.repeat_requests ? "" : ", and what it had taken fails"));
  repeat_requests_ = next.repeat_requests;
  restart_at_ = clock_.now() + next.delay;
}

void Supervisor::Loop::begin_upgrade() {
  if (upgrading_) return;  // who asks for another gets the outcome of this one
  if (stopping_) return upgrades_.answer(Error{Errc::internal, kGoingDown});
  if (!current_ || !current_->serving() || current_steps_down_) {
    if (!std::exchange(upgrade_waits_, true)) log::info("the upgrade that is asked for waits for a server");
    return;
  }
  log::info("an upgrade is asked for: starting {}", program_path_);
  service_.tell("STATUS=Upgrading");
  upgrading_ = true;
  complaint_.clear();
  candidates_program_ = UniqueFd(::open(program_path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (candidates_program_) candidate_ = start_server(candidates_program_);
  if (!candidate_) return upgrade_failed("the program cannot be started");
  upgrade_deadline_ = clock_.now() + kPrepareWithin;
}

void Supervisor::Loop::upgrade_failed(const std::string& why) {
  log::warning("no upgrade: {}", why);
  if (!stopping_) service_.tell("STATUS=Serving; the last upgrade has failed");
  upgrading_ = false;
  // Who has been told to step down serves no more, whether there is another one or not.
  if (!current_steps_down_) upgrade_deadline_.reset();
  if (candidate_) {
    candidate_->kill();
    exiting_.push_back(*std::move(candidate_));
    candidate_.reset();
  }
  upgrades_.answer(Error{Errc::internal, why});
}

void Supervisor::Loop::listen_to_candidate() {
  while (candidate_ && has_message(*candidate_)) {
    const auto message = candidate_->channel().receive();
    if (!message) break;
    on_candidates_message(*message);
  }
  if (!candidate_) return;
  const auto end = candidate_->ended(clock_.now());
  if (!end) return;
  const std::string why = complaint_.empty() ? "" : ": " + complaint_;
  upgrade_failed("the new server " + text_of(*end) + why);
}

void Supervisor::Loop::on_candidates_message(const Message& message) {
  if (message.kind == Message::Kind::failed) complaint_ = message.text;
  if (message.kind != Message::Kind::prepared) return;
  candidate_->note_prepared();
  upgrade_deadline_ = clock_.now() + kStepDownWithin;
  step_down_since_ = clock_.now();
  current_steps_down_ = true;
  current_->channel().send(Message::Kind::step_down);
}

/// The current server is gone: the one that got ready takes its place.
void Supervisor::Loop::promote_candidate() {
  if (stopping_) return finish({});
  current_steps_down_ = false;
  upgrade_deadline_.reset();
  current_ = std::move(candidate_);
  candidate_.reset();
  if (current_) {
    let_go();
  } else {
    start_current();
  }
}

void Supervisor::Loop::reap_exiting() {
  std::erase_if(exiting_, [now = clock_.now()](ServerProcess& server) { return server.is_reaped(now); });
}

}  // namespace mediafs
