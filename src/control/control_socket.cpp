#include "mediafs/control/control_socket.h"

#include <unistd.h>

#include <utility>

namespace mediafs {

Result<std::unique_ptr<ControlSocket>> ControlSocket::start(Result<UniqueFd> listening,
                                                            const std::string& path,
                                                            ControlService::Handler handler) {
  if (!listening) return listening.error();
  auto service = ControlService::start(*std::move(listening), ControlService::Admits::our_user_and_root,
                                       std::move(handler));
  if (!service) return service.error();
  return std::unique_ptr<ControlSocket>(new ControlSocket(path, *std::move(service)));
}

ControlSocket::ControlSocket(std::string path, std::unique_ptr<ControlService> service)
    : path_(std::move(path)), service_(std::move(service)) {
  static_cast<void>(::stat(path_.c_str(), &file_));  // of none, nothing is removed
}

ControlSocket::~ControlSocket() {
  struct stat now{};
  const bool is_ours =
      ::stat(path_.c_str(), &now) == 0 && now.st_ino == file_.st_ino && now.st_dev == file_.st_dev;
  if (is_ours) ::unlink(path_.c_str());
}

}  // namespace mediafs
