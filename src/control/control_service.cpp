#include "mediafs/control/control_service.h"

#include <microhttpd.h>

#include <atomic>
#include <cstddef>
#include <system_error>
#include <utility>

#include "control/exchange.h"
#include "control/line_stream.h"

namespace mediafs {

namespace {

constexpr unsigned kMostConnections = 256;
constexpr unsigned kMostOfOneAddress = 64;  // of TCP
constexpr std::size_t kPieceSize = 4096;
constexpr std::size_t kMostBody = 64 * 1024 * 1024;

ssize_t read_lines(void* stream, std::uint64_t /*position*/, char* buffer, std::size_t most) {
  return static_cast<LineStream*>(stream)->read(buffer, most);
}

void drop_lines(void* stream) {
  delete static_cast<LineStream*>(stream);  // NOLINT(cppcoreguidelines-owning-memory)
}

}  // namespace

class ControlService::Daemon {
 public:
  Daemon(Admits admits, Handler handler, std::chrono::seconds idle)
      : admission_{admits, admits == Admits::anybody ? 0 : kMostBody},
        handler_(std::move(handler)),
        idle_(idle) {}
  ~Daemon() {
    ending_ = true;
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
                               MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned>(idle_.count()),
                               MHD_OPTION_NOTIFY_COMPLETED, &drop_exchange, nullptr, MHD_OPTION_END);
    if (daemon_ != nullptr) static_cast<void>(listening.release());  // it is closed with the daemon
    return daemon_ != nullptr;
  }

 private:
  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* path, const char* method,
                               const char* /*version*/, const char* piece, std::size_t* size, void** state) {
    auto& daemon = *static_cast<Daemon*>(self);
    Exchange* const exchange = take_piece(connection, daemon.admission_, piece, size, state);
    if (exchange == nullptr) return MHD_YES;
    if (exchange->refusal) return send(connection, *exchange->refusal);
    const ControlResponse response =
        daemon.handler_({.method = method, .path = path, .body = std::move(exchange->body)});
    return response.lines ? daemon.send_lines(connection, response) : send(connection, response);
  }

  MHD_Result send_lines(MHD_Connection* connection, const ControlResponse& response) {
    try {
      auto stream = std::make_unique<LineStream>(response.lines, Duration(idle_) / 2, ending_);
      const HttpResponse http(MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kPieceSize, &read_lines,
                                                                stream.get(), &drop_lines),
                              &MHD_destroy_response);
      if (!http) return MHD_NO;
      [[maybe_unused]] const auto* const responses_own = stream.release();
      return send_with_body(connection, response, http);
    } catch (const std::system_error&) {
      return send(connection, {.status = MHD_HTTP_SERVICE_UNAVAILABLE, .body = "no thread can be made\n"});
    }
  }

  const Admission admission_;
  const Handler handler_;
  const std::chrono::seconds idle_;
  std::atomic<bool> ending_ = false;
  MHD_Daemon* daemon_ = nullptr;
};

ControlService::ControlService(std::unique_ptr<Daemon> daemon) : daemon_(std::move(daemon)) {}
ControlService::~ControlService() = default;

Result<std::unique_ptr<ControlService>> ControlService::start(UniqueFd listening, Admits admits,
                                                              Handler handler, std::chrono::seconds idle) {
  auto daemon = std::make_unique<Daemon>(admits, std::move(handler), idle);
  if (!daemon->start(std::move(listening))) return Error{Errc::internal, "no thread for a socket's answers"};
  return std::unique_ptr<ControlService>(new ControlService(std::move(daemon)));
}

}  // namespace mediafs
