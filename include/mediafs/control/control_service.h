// HTTP on sockets of this machine: what a process tells of itself, and is asked to do.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "mediafs/base/result.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {

struct ControlRequest {
  std::string method;  // "GET"
  std::string path;    // without the query, as "/metrics"
  std::string body{};  // NOLINT(readability-redundant-member-init): gcc warns without it
};

/// Sends one more line of an answer. False: nobody reads it any more, or the service ends: so must the work.
using LineSender = std::function<bool(const std::string& line)>;

struct ControlResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body{};  // NOLINT(readability-redundant-member-init): gcc warns without it
  /// In place of `body`, of work that takes long: does it, on a thread of its own, and sends lines meanwhile.
  /// Must not throw.
  std::function<void(const LineSender&)> lines = nullptr;
};

/// Answers HTTP/1.1 on one listening socket, each connection on a thread of its own, so that none waits for
/// another. A handler may take as long as it needs.
class ControlService {
 public:
  /// On the connection's thread. Must not throw.
  using Handler = std::function<ControlResponse(const ControlRequest&)>;
  /// Of a unix socket the user at the other end is known (SO_PEERCRED, unix(7)). From anybody no body is
  /// taken.
  enum class Admits { our_user_and_root, anybody };

  /// Takes the socket over. A client that neither sends nor reads is dropped after `idle`; to one
  /// that waits for the next line an empty one is sent before. Errc::internal: no thread.
  static Result<std::unique_ptr<ControlService>> start(UniqueFd listening, Admits admits, Handler handler,
                                                       std::chrono::seconds idle = std::chrono::seconds(10));
  /// Ends what sends lines, and waits for the handlers that run.
  ~ControlService();
  ControlService(const ControlService&) = delete;
  ControlService& operator=(const ControlService&) = delete;

 private:
  class Daemon;
  explicit ControlService(std::unique_ptr<Daemon> daemon);
  std::unique_ptr<Daemon> daemon_;
};

}  // namespace mediafs
