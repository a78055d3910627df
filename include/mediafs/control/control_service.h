// HTTP on sockets of this machine: what a server tells of itself, and is asked to do.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "mediafs/base/result.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {

struct ControlRequest {
  std::string method;  // "GET"
  std::string path;    // without the query, as "/metrics"
};

struct ControlResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

/// Answers HTTP/1.1 on one listening socket, each connection on a thread of its own, so that none waits for
/// another.
class ControlService {
 public:
  /// On the connection's thread. Must not throw.
  using Handler = std::function<ControlResponse(const ControlRequest&)>;
  /// Of a unix socket the user at the other end is known (SO_PEERCRED, unix(7)).
  enum class Admits { our_user_and_root, anybody };

  /// Takes the socket over. Errc::internal: no thread.
  static Result<std::unique_ptr<ControlService>> start(UniqueFd listening, Admits admits, Handler handler);
  /// Waits for the handlers that run.
  ~ControlService();
  ControlService(const ControlService&) = delete;
  ControlService& operator=(const ControlService&) = delete;

 private:
  class Daemon;
  explicit ControlService(std::unique_ptr<Daemon> daemon);
  std::unique_ptr<Daemon> daemon_;
};

}  // namespace mediafs
