#pragma once

#include <optional>

#include "mediafs/supervisor/service_manager.h"
#include "mediafs/supervisor/supervisor.h"
#include "supervisor/restart_policy.h"
#include "supervisor/server_process.h"
#include "supervisor/upgrade_socket.h"

namespace mediafs {

/// How long a server may take to leave everything to another.
inline constexpr Duration kStepDownWithin{3'000};

/// Why there is no upgrade any more.
inline constexpr const char* kGoingDown = "the mount is going down";

/// What a supervisor does when something happens, and what it waits for. One thread.
class Supervisor::Loop {
 public:
  Loop(Options options, ServiceManager& service, const Clock& clock)
      : options_(std::move(options)), service_(service), clock_(clock) {}

  Outcome run(const std::function<void()>& ready);

 private:
  // supervisor.cpp: its life.
  bool set_up();
  bool adopt_mount(KeptMount kept);
  bool is_refused();
  [[nodiscard]] std::string memory_name() const;
  bool mount();
  void unmount();
  void forget_mount();
  void listen_for_upgrades();
  void close_upgrades();
  void wait();
  [[nodiscard]] int time_to_wait() const;
  void take_signal();
  [[nodiscard]] bool is_restarted() const;
  void stop();
  void finish(Outcome outcome);
  [[nodiscard]] bool timed_out(std::optional<SteadyTime>& deadline) const;

  // supervisor_servers.cpp: its servers.
  [[nodiscard]] std::optional<ServerProcess> start_server(const UniqueFd& program);
  void start_current();
  void let_go();
  void listen_to_current();
  void listen_to_candidate();
  void on_message(Message message);
  void on_candidates_message(const Message& message);
  void on_serving();
  void on_end(const ServerEnd& end);
  void begin_upgrade();
  void upgraded();
  void upgrade_failed(const std::string& why);
  void promote_candidate();
  void reap_exiting();

  Options options_;
  ServiceManager& service_;
  const Clock& clock_;
  UpgradeSocket upgrades_;
  RestartPolicy policy_;
  std::function<void()> ready_;

  UniqueFd signals_;
  UniqueFd hand_over_;                  // memory that servers leave to each other
  UniqueFd program_;                    // of the server that serves; also where its file has been replaced
  std::string program_path_;            // where the next version of it will stand
  std::unique_ptr<KernelMount> mount_;  // null: not yet, or no more
  bool has_told_of_sighup_ = false;
  std::vector<UniqueFd> locks_;  // that hold the servers' cache
  std::uint32_t servers_started_ = 0;
  bool has_served_ = false;      // some server of this mount
  bool has_told_ready_ = false;  // this supervisor
  bool repeat_requests_ = true;
  bool stopping_ = false;
  bool leaves_mount_ = false;  // at its end, to the next start of the service

  std::optional<ServerProcess> current_;
  std::string complaint_;  // of the current server, why it fails
  std::uint32_t complaint_code_ = 0;
  std::optional<SteadyTime> restart_at_;
  std::optional<SteadyTime> serve_by_;  // after the mount's first server

  std::optional<ServerProcess> candidate_;  // of an upgrade, getting ready beside the current one
  UniqueFd candidates_program_;
  bool current_steps_down_ = false;
  bool upgrade_waits_ = false;  // for a server that serves
  bool upgrading_ = false;      // until the candidate serves
  SteadyTime step_down_since_{};
  std::optional<SteadyTime> upgrade_deadline_;  // for what the upgrade waits for just now

  std::vector<ServerProcess> exiting_;  // hang in the kernel, or have just been killed: to be reaped
  std::optional<SteadyTime> unmount_at_;
  std::optional<SteadyTime> kill_at_;
  std::optional<Outcome> outcome_;
};

}  // namespace mediafs
