#include "mediafs/control/control_service.h"

#include <microhttpd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <utility>

namespace mediafs {

namespace {

constexpr unsigned kMostConnections = 256;
constexpr unsigned kMostOfOneAddress = 64;  // of TCP
constexpr unsigned kIdleSeconds = 10;

using Answer = std::unique_ptr<MHD_Response, decltype(&MHD_destroy_response)>;

MHD_Result send(MHD_Connection* connection, const ControlResponse& response) {
  // The library copies it; it does not write to it.
  const Answer answer(MHD_create_response_from_buffer(response.body.size(),
                                                      const_cast<char*>(response.body.data()),  // NOLINT
                                                      MHD_RESPMEM_MUST_COPY),
                      &MHD_destroy_response);
  if (!answer) return MHD_NO;
  MHD_add_response_header(answer.get(), MHD_HTTP_HEADER_CONTENT_TYPE, response.content_type.c_str());
  MHD_add_response_header(answer.get(), MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
  MHD_add_response_header(answer.get(), MHD_HTTP_HEADER_CONNECTION, "close");  // nobody holds one idle
  return MHD_queue_response(connection, response.status, answer.get());
}

bool is_our_user_or_root(MHD_Connection* connection) {
  const auto* const info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  ucred peer{};
  socklen_t size = sizeof(peer);
  return info != nullptr && ::getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == 0 || peer.uid == ::geteuid());
}

}  // namespace

class ControlService::Daemon {
 public:
  Daemon(Admits admits, Handler handler) : admits_(admits), handler_(std::move(handler)) {}
  ~Daemon() {
    if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  bool start(UniqueFd listening) {
    constexpr unsigned kFlags =
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_THREAD_PER_CONNECTION;
    daemon_ = MHD_start_daemon(kFlags, /*port=*/0, nullptr, nullptr, &Daemon::on_request, this,
                               MHD_OPTION_LISTEN_SOCKET, listening.get(), MHD_OPTION_CONNECTION_LIMIT,
                               kMostConnections, MHD_OPTION_PER_IP_CONNECTION_LIMIT, kMostOfOneAddress,
                               MHD_OPTION_CONNECTION_TIMEOUT, kIdleSeconds, MHD_OPTION_END);
    if (daemon_ != nullptr) static_cast<void>(listening.release());  // it is closed with the daemon
    return daemon_ != nullptr;
  }

 private:
  /// Called when the head is there, and again with the body, which nothing here has.
  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* path, const char* method,
                               const char* /*version*/, const char* /*body*/, std::size_t* body_size,
                               void** state) {
    const auto& daemon = *static_cast<const Daemon*>(self);
    static char seen = 0;
    if (std::exchange(*state, &seen) == nullptr) return MHD_YES;
    if (std::exchange(*body_size, 0) > 0) return MHD_YES;
    if (daemon.admits_ == Admits::our_user_and_root && !is_our_user_or_root(connection))
      return send(connection, {.status = MHD_HTTP_FORBIDDEN, .body = "not for this user\n"});
    return send(connection, daemon.handler_({.method = method, .path = path}));
  }

  const Admits admits_;
  const Handler handler_;
  MHD_Daemon* daemon_ = nullptr;
};

ControlService::ControlService(std::unique_ptr<Daemon> daemon) : daemon_(std::move(daemon)) {}
ControlService::~ControlService() = default;

Result<std::unique_ptr<ControlService>> ControlService::start(UniqueFd listening, Admits admits,
                                                              Handler handler) {
  auto daemon = std::make_unique<Daemon>(admits, std::move(handler));
  if (!daemon->start(std::move(listening))) return Error{Errc::internal, "no thread for a socket's answers"};
  return std::unique_ptr<ControlService>(new ControlService(std::move(daemon)));
}

}  // namespace mediafs
