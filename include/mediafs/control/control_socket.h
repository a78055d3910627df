#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>

#include "mediafs/base/result.h"
#include "mediafs/base/unique_fd.h"
#include "mediafs/control/control_service.h"

namespace mediafs {

/// A control service on a unix socket, for our own user and root, which goes with it.
class ControlSocket {
 public:
  /// `listening` stands at `path`, or its error is given back. Errc::internal: no thread.
  static Result<std::unique_ptr<ControlSocket>> start(Result<UniqueFd> listening, const std::string& path,
                                                      ControlService::Handler handler);
  /// The file goes, unless another process has put its own there. Then as ~ControlService().
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

 private:
  ControlSocket(std::string path, std::unique_ptr<ControlService> service);

  const std::string path_;
  struct stat file_{};
  std::unique_ptr<ControlService> service_;
};

}  // namespace mediafs
