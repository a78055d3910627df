#include "supervisor/upgrade_socket.h"

#include <unistd.h>

#include <charconv>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "mediafs/base/text.h"
#include "mediafs/control/control_client.h"
#include "mediafs/control/sockets.h"
#include "mediafs/supervisor/upgrade.h"

namespace mediafs {

namespace {

constexpr const char* kPath = "/upgrade";

std::string name_of(const std::string& device) {
  return "mediafs/" + device;
}

/// Why call() has brought no answer.
Error in_words(Errc why) {
  switch (why) {
    case Errc::not_found:
      return {Errc::not_found, "no supervisor answers for this mount"};
    case Errc::denied:
      return {Errc::not_found, "somebody else answers for this mount"};
    case Errc::timed_out:
      return {Errc::timed_out, "the supervisor does not answer"};
    case Errc::protocol:
      return {Errc::internal,
              "the supervisor is of another version of mediafs, which SIGHUP asks for an upgrade"};
    default:
      return {Errc::internal, "the supervisor has ended"};
  }
}

}  // namespace

bool UpgradeSocket::listen(const std::string& device) {
  auto listening = listen_at_abstract_name(name_of(device));
  if (!listening) return false;
  const auto answer = [this](const ControlRequest& request) -> std::optional<ControlResponse> {
    if (request.path != kPath) return ControlResponse{.status = 404, .body = "there is /upgrade\n"};
    if (request.method != "POST") return ControlResponse{.status = 405, .body = "only POST is answered\n"};
    is_asked_ = true;
    return std::nullopt;
  };
  auto service = PolledControlService::start(*std::move(listening), answer);
  if (!service) return false;
  service_ = *std::move(service);
  return true;
}

bool UpgradeSocket::take_requests() {
  if (service_) service_->run();
  return std::exchange(is_asked_, false);
}

void UpgradeSocket::answer(const Result<Duration>& outcome) {
  if (!service_) return;
  service_->answer_waiting(outcome ? ControlResponse{.body = fmt::format("{} ms\n", outcome->count())}
                                   : ControlResponse{.status = 500, .body = outcome.error().context + "\n"});
}

bool has_supervisor(const std::string& device) {
  return listener_at('@' + name_of(device)).has_value();
}

Result<Duration> upgrade_server(const std::string& device, std::optional<uid_t> owner, Duration patience) {
  // Root asks on behalf of whoever mounted it.
  const auto may_answer = [&](uid_t user) {
    return user == 0 || user == ::geteuid() || (::geteuid() == 0 && user == owner);
  };
  const auto answer = call({.socket = '@' + name_of(device),
                            .request = {.method = "POST", .path = kPath},
                            .patience = patience,
                            .may_answer = may_answer});
  if (!answer) return in_words(answer.error().code);
  if (answer->status != 200) return Error{Errc::internal, printable(trimmed(answer->body))};
  Duration::rep paused = 0;
  const char* const end = answer->body.data() + answer->body.size();
  if (std::from_chars(answer->body.data(), end, paused).ec != std::errc()) return in_words(Errc::protocol);
  return Duration(paused);
}

}  // namespace mediafs
