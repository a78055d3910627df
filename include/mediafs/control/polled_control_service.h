#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "mediafs/base/result.h"
#include "mediafs/base/unique_fd.h"
#include "mediafs/control/control_service.h"

namespace mediafs {

/// A control service without threads, for a process that waits with poll(2), and whose answers may come later
/// than its requests. Answers our own user and root alone: who else connects is hung up on. It takes no
/// bodies. Not thread-safe.
class PolledControlService {
 public:
  /// Nothing: it is answered by answer_waiting(). Must not throw.
  using Handler = std::function<std::optional<ControlResponse>(const ControlRequest&)>;

  /// Takes the socket over. Errc::internal: it cannot be waited for.
  static Result<std::unique_ptr<PolledControlService>> start(UniqueFd listening, Handler handler);
  /// Who still waits is told that it ends (503).
  ~PolledControlService();
  PolledControlService(const PolledControlService&) = delete;
  PolledControlService& operator=(const PolledControlService&) = delete;

  /// Readable when there is something for run() to do. That is not told twice, nor that a connection has been
  /// idle for too long: so run() is to be called now and then besides.
  [[nodiscard]] int descriptor() const;
  /// Takes in and answers what there is, and waits for nothing.
  void run();
  /// Everybody who waits gets the same answer.
  void answer_waiting(const ControlResponse& response);

 private:
  class Daemon;
  explicit PolledControlService(std::unique_ptr<Daemon> daemon);
  std::unique_ptr<Daemon> daemon_;
};

}  // namespace mediafs
