#include "mediafs/control/polled_control_service.h"

#include <microhttpd.h>
#include <sys/socket.h>

#include <cstddef>
#include <utility>
#include <vector>

#include "control/exchange.h"

namespace mediafs {

namespace {

constexpr unsigned kMostClients = 64;
constexpr unsigned kIdleSeconds = 10;
constexpr int kRunsAtOnce = 16;
constexpr Admission kAdmission{.admits = ControlService::Admits::our_user_and_root, .most_body = 0};

/// Where a name in the abstract name space is all that it takes to connect, a stranger is to hold no place.
void hang_up_on_strangers(void* /*service*/, MHD_Connection* connection, void** /*state*/,
                          MHD_ConnectionNotificationCode what) {
  if (what != MHD_CONNECTION_NOTIFY_STARTED || is_our_user_or_root(connection)) return;
  const auto* const info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  if (info != nullptr) static_cast<void>(::shutdown(info->connect_fd, SHUT_RDWR));
}

}  // namespace

class PolledControlService::Daemon {
 public:
  explicit Daemon(Handler handler) : handler_(std::move(handler)) {}
  ~Daemon() {
    if (daemon_ == nullptr) return;
    answer_waiting({.status = MHD_HTTP_SERVICE_UNAVAILABLE, .body = "it ends\n"});
    MHD_stop_daemon(daemon_);
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  bool start(UniqueFd listening) {
    constexpr unsigned kFlags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    daemon_ = MHD_start_daemon(kFlags, /*port=*/0, nullptr, nullptr, &Daemon::on_request, this,
                               MHD_OPTION_LISTEN_SOCKET, listening.get(), MHD_OPTION_CONNECTION_LIMIT,
                               kMostClients, MHD_OPTION_CONNECTION_TIMEOUT, kIdleSeconds,
                               MHD_OPTION_NOTIFY_COMPLETED, &Daemon::on_completed, this,
                               MHD_OPTION_NOTIFY_CONNECTION, &hang_up_on_strangers, nullptr, MHD_OPTION_END);
    if (daemon_ != nullptr) static_cast<void>(listening.release());  // it is closed with the daemon
    return daemon_ != nullptr;
  }

  [[nodiscard]] int descriptor() const {
    return MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
  }

  void run() {
    for (int i = 0; i < kRunsAtOnce; ++i) {
      MHD_run(daemon_);
      MHD_UNSIGNED_LONG_LONG more = 1;  // milliseconds until then
      if (MHD_get_timeout(daemon_, &more) != MHD_YES || more > 0) return;
    }
  }

  void answer_waiting(const ControlResponse& response) {
    for (const auto& [connection, exchange] : std::exchange(waiting_, {})) {
      exchange->answer = response;
      ++unsent_;
      MHD_resume_connection(connection);
    }
    for (int i = 0; unsent_ > 0 && i < kRunsAtOnce; ++i) run();
  }

 private:
  struct Waiting {
    MHD_Connection* connection;
    Exchange* exchange;
  };

  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* path, const char* method,
                               const char* /*version*/, const char* piece, std::size_t* size, void** state) {
    auto& daemon = *static_cast<Daemon*>(self);
    Exchange* const exchange = take_piece(connection, kAdmission, piece, size, state);
    if (exchange == nullptr) return MHD_YES;
    if (exchange->refusal) return send(connection, *exchange->refusal);
    if (exchange->answer) return send(connection, *exchange->answer);
    const auto answer = daemon.handler_({.method = method, .path = path});
    if (answer) return send(connection, *answer);
    daemon.waiting_.push_back({connection, exchange});
    MHD_suspend_connection(connection);
    return MHD_YES;
  }

  static void on_completed(void* self, MHD_Connection* connection, void** state,
                           MHD_RequestTerminationCode why) {
    const auto* const exchange = static_cast<const Exchange*>(*state);
    if (exchange != nullptr && exchange->answer) --static_cast<Daemon*>(self)->unsent_;
    drop_exchange(nullptr, connection, state, why);
  }

  const Handler handler_;
  MHD_Daemon* daemon_ = nullptr;
  std::vector<Waiting> waiting_;
  int unsent_ = 0;  // of the answers to those that have waited
};

PolledControlService::PolledControlService(std::unique_ptr<Daemon> daemon) : daemon_(std::move(daemon)) {}
PolledControlService::~PolledControlService() = default;

int PolledControlService::descriptor() const {
  return daemon_->descriptor();
}

void PolledControlService::run() {
  daemon_->run();
}

void PolledControlService::answer_waiting(const ControlResponse& response) {
  daemon_->answer_waiting(response);
}

Result<std::unique_ptr<PolledControlService>> PolledControlService::start(UniqueFd listening,
                                                                          Handler handler) {
  auto daemon = std::make_unique<Daemon>(std::move(handler));
  if (!daemon->start(std::move(listening))) return Error{Errc::internal, "no socket can be waited for"};
  return std::unique_ptr<PolledControlService>(new PolledControlService(std::move(daemon)));
}

}  // namespace mediafs
