#include "cli/cache_socket.h"

#include <sys/stat.h>
#include <unistd.h>

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "mediafs/base/log.h"
#include "mediafs/base/text.h"
#include "mediafs/control/control_client.h"
#include "mediafs/control/sockets.h"

namespace mediafs {

namespace {

constexpr const char* kSocketName = "control";
constexpr Duration kAMoment{1'000};
constexpr Duration kAnswerWithin{30'000};  // or the next line of one

const Error kOtherVersion{Errc::protocol, "another version of mediafs has this cache open"};

std::string socket_path(const std::string& directory) {
  return directory + "/" + kSocketName;
}

/// Who is told ids, and whose answers are believed: our own user and root; for root whoever has the cache,
/// too.
bool may_answer(uid_t user, const std::string& directory) {
  struct stat status{};
  if (user == ::geteuid() || user == 0) return true;
  return ::geteuid() == 0 && ::stat(directory.c_str(), &status) == 0 && status.st_uid == user;
}

std::optional<ucred> holder_at(const std::string& directory) {
  const auto listener = listener_at(socket_path(directory));
  return listener && may_answer(listener->uid, directory) ? listener : std::nullopt;
}

/// The lines of a verification: how far it has come, and at last its outcome.
class Lines {
 public:
  explicit Lines(const CacheProgress& progress) : progress_(progress) {}

  bool take(std::string_view line) {
    const Json json = parse_json(line);
    has_begun_ = true;
    if (!json.is_object() || !json.contains("all")) {
      outcome_ = json;
      return true;
    }
    return progress_(number_in(json, "done"), number_in(json, "all"));
  }

  [[nodiscard]] Result<CacheAnswer> outcome() const {
    if (outcome_.is_object() && outcome_.contains("error"))
      return Error{Errc::internal, printable(text_in(outcome_, "error"))};
    if (outcome_.is_object()) return outcome_;
    return has_begun_ ? Error{Errc::cancelled, "the server ended before it was done"}
                      : Error{Errc::unavailable, "the server has not answered"};
  }

 private:
  const CacheProgress& progress_;
  bool has_begun_ = false;
  CacheAnswer outcome_;
};

Result<CacheAnswer> outcome_of(const ControlResponse& response) {
  if (response.status != 200) {
    return Error{response.status == 409 ? Errc::unavailable : Errc::internal,
                 printable(trimmed(response.body))};
  }
  CacheAnswer answer = parse_json(response.body);
  if (answer.is_object()) return answer;
  return kOtherVersion;
}

std::optional<Result<CacheAnswer>> ask(const std::string& directory, const CacheRequest& request,
                                       const CacheProgress& progress, Duration patience) {
  Lines lines(progress);
  ControlCall question{.socket = socket_path(directory),
                       .request = encode(request),
                       .patience = patience,
                       .may_answer = [&](uid_t user) { return may_answer(user, directory); }};
  const bool in_lines = request.action == CacheRequest::Action::verify;
  if (in_lines) question.on_line = [&](std::string_view line) { return lines.take(line); };
  const auto response = call(question);
  if (response) return in_lines && response->status == 200 ? lines.outcome() : outcome_of(*response);
  const Errc why = response.error().code;
  if (why == Errc::not_found || why == Errc::denied) return std::nullopt;
  if (why == Errc::protocol) return kOtherVersion;
  return in_lines ? lines.outcome() : Error{Errc::unavailable, "the server has not answered"};
}

bool never_ends(std::uint64_t /*done*/, std::uint64_t /*all*/) {
  return true;
}

}  // namespace

std::unique_ptr<ControlSocket> socket_in_cache(const std::string& directory,
                                               ControlService::Handler handler) {
  auto socket = ControlSocket::start(listen_in_directory(directory, kSocketName), socket_path(directory),
                                     std::move(handler));
  if (socket) return *std::move(socket);
  log::warning("no socket for the cache commands: {}", socket.error().context);
  return nullptr;
}

bool has_holder(const std::string& directory) {
  return holder_at(directory).has_value();
}

std::optional<Result<CacheAnswer>> ask_server(const std::string& directory, const CacheRequest& request,
                                              const CacheProgress& progress) {
  return ask(directory, request, progress, kAnswerWithin);
}

std::string holder_of_cache(const std::string& directory) {
  const auto holder = holder_at(directory);
  if (!holder) return "another server or cache command";
  const auto stats = ask(directory, {.action = CacheRequest::Action::stats}, &never_ends, kAMoment);
  const std::string mountpoint = stats && stats->ok() ? text_in(**stats, "mountpoint") : std::string();
  return fmt::format("mediafs ({}){}{}", holder->pid, mountpoint.empty() ? "" : ", which serves ",
                     mountpoint);
}

bool ask_to_give_way(const std::string& directory) {
  const auto answer = ask(directory, {.action = CacheRequest::Action::give_way}, &never_ends, kAMoment);
  return answer && answer->ok();
}

}  // namespace mediafs
