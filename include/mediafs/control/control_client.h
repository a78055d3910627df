#pragma once

#include <sys/socket.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"
#include "mediafs/control/control_service.h"

namespace mediafs {

struct ControlCall {
  std::string socket;  // a path of any length, or "@" and a name in the abstract name space (unix(7))
  ControlRequest request{};
  Duration patience{};  // for all of the answer; with `on_line` between two pieces of it, in whole seconds
  /// Whether that user's answer is to be believed; asked before anything is sent. None: anybody's is.
  std::function<bool(uid_t)> may_answer = nullptr;
  /// Given the lines of an answer with status 200 in place of its body, as they come, without empty ones.
  /// False: no more.
  std::function<bool(std::string_view)> on_line = nullptr;
};

/// Asks, and gives the answer whatever its status. Errc::not_found: nobody listens there; Errc::denied: who
/// listens is not believed; Errc::timed_out: no answer in time; Errc::cancelled: `on_line` wanted no more;
/// Errc::unavailable: the connection broke; Errc::protocol: what answers speaks no HTTP, and so is another
/// version.
Result<ControlResponse> call(const ControlCall& call);

/// GETs `target` ("/status") over the unix socket at `socket`. As call(), and Errc::denied: it may not be
/// asked by us; Errc::protocol: any other answer than 200, with its body as the error's context.
Result<std::string> get_from_socket(const std::string& socket, const std::string& target, Duration patience);

/// The process that listens on the unix socket at that path, or "@" and name; nothing: none does.
std::optional<ucred> listener_at(const std::string& where);

}  // namespace mediafs
