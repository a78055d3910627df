#include "cli/monitor.h"

#include <unistd.h>

#include <utility>

#include <fmt/format.h>

#include "cli/api_probe.h"
#include "cli/cache_socket.h"
#include "cli/credentials_source.h"
#include "mediafs/base/log.h"
#include "mediafs/base/text.h"
#include "mediafs/control/sockets.h"

namespace mediafs {

namespace {

constexpr Duration kTellAgain{2'000};
constexpr Duration kProbeWithin{2'000};
constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

bool is_get(const ControlRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}
ControlResponse only_get() {
  return {.status = 405, .body = "only GET is answered\n"};
}
ControlResponse not_found() {
  return {.status = 404, .body = "there are /status, /check, /cache, /metrics and /healthz\n"};
}

}  // namespace

std::string control_socket_of(const std::string& device, uid_t owner) {
  const std::string name = fmt::format("/mediafs/{}.sock", device);
  if (owner == 0) return "/run" + name;
  const std::string usual = fmt::format("/run/user/{}", owner);
  const char* const own = std::getenv("XDG_RUNTIME_DIR");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  const bool has_other = owner == ::geteuid() && own != nullptr && *own == '/';
  return (has_other && ::access(usual.c_str(), X_OK) != 0 ? own : usual) + name;
}

Monitor::Monitor(Watched watched, MountOwner& owner, Timer& timer)
    : watched_(std::move(watched)), owner_(owner), timer_(timer), began_(timer.clock().wall_seconds()) {
  watched_.api.on_state_change([this](ApiStats::State) { timer_.post([this] { tell_owner(); }); });
}

Monitor::~Monitor() {
  stop();
}

void Monitor::stop() {
  stopping_.request_stop();
  metrics_.reset();
  of_cache_.reset();
  of_mount_.reset();
}

std::optional<Exit> Monitor::start(const std::string& device) {
  open_sockets(device);
  if (!watched_.command.metrics.empty()) {
    auto listening = listen_at_address(watched_.command.metrics);
    if (!listening) return Exit{ExitCode::usage, "--metrics: " + listening.error().context};
    auto service =
        ControlService::start(*std::move(listening), ControlService::Admits::anybody,
                              [this](const ControlRequest& request) { return answer_anybody(request); });
    if (!service) return Exit{ExitCode::internal, service.error().context};
    metrics_ = *std::move(service);
  }
  return std::nullopt;
}

void Monitor::open_sockets(const std::string& device) {
  const auto handler = [this](const ControlRequest& request) { return answer(request); };
  if (watched_.cache) of_cache_ = socket_in_cache(watched_.cache_directory, handler);
  const std::string path = control_socket_of(device, ::geteuid());
  auto socket = ControlSocket::start(listen_at_path(path), path, handler);
  if (socket) {
    of_mount_ = *std::move(socket);
  } else {
    log::info("no socket for `mediafs status`: {}", socket.error().context);
  }
}

void Monitor::serving() {
  timer_.post([this] { tell_owner_again_and_again(); });
}

MountReport Monitor::report() const {
  MountReport report{.url = watched_.base.text(),
                     .mountpoint = watched_.command.mountpoint,
                     .version = MEDIAFS_VERSION,
                     .commit = MEDIAFS_COMMIT,
                     .pid = ::getpid(),
                     .now = timer_.clock().wall_seconds(),
                     .since = began_,
                     .restarts = owner_.restarts(),
                     .api = watched_.api.stats(),
                     .mount = watched_.mount.stats(),
                     .transfers = watched_.store.transfers(),
                     .open_files = watched_.open_files.count(),
                     .erased = watched_.erase_service.erased()};
  if (watched_.cache) report.cache = watched_.cache->cache.stats();
  return report;
}

ControlResponse Monitor::answer(const ControlRequest& request) const {
  if (watched_.cache) {
    if (auto answer = answer_cache_request(request, *watched_.cache)) return *std::move(answer);
  }
  if (!is_get(request)) return only_get();
  if (request.path == "/status") return {.content_type = "application/json", .body = json_of(report())};
  if (request.path == "/check") {
    const Exit verdict = check();
    return {.body = fmt::format("{} {}\n", static_cast<int>(verdict.code), verdict.message)};
  }
  return answer_anybody(request);
}

ControlResponse Monitor::answer_anybody(const ControlRequest& request) const {
  if (!is_get(request)) return only_get();
  if (request.path == "/metrics") return {.content_type = kMetricsType, .body = metrics_of(report())};
  return request.path == "/healthz" ? health() : not_found();
}

ControlResponse Monitor::health() const {
  if (why_not_healthy(watched_.api.stats()))
    static_cast<void>(probe_api(watched_.api, timer_, kProbeWithin, stopping_.get_token()));
  const auto why_not = why_not_healthy(watched_.api.stats());
  return why_not ? ControlResponse{.status = 503, .body = *why_not + "\n"} : ControlResponse{.body = "ok\n"};
}

/// By the credentials of now, and by a client of its own: what the mount's has seen may be over.
Exit Monitor::check() const {
  const auto file = credentials_file(watched_.command.credentials);
  const auto now = file ? load_credentials(*file) : Result<Credentials>(watched_.credentials);
  return probe_api(watched_.command, watched_.base, now ? *now : watched_.credentials, stopping_.get_token());
}

void Monitor::tell_owner() {
  std::string text = printable(summary_of(report()));
  if (text == told_) return;
  owner_.tell_state(text);
  told_ = std::move(text);
}

void Monitor::tell_owner_again_and_again() {
  tell_owner();
  timer_.after(kTellAgain, [this] { tell_owner_again_and_again(); });
}

}  // namespace mediafs
