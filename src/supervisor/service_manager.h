#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mediafs/base/unique_fd.h"

namespace mediafs {

/// systemd's side of a service, where there is one: sd_notify(3) and sd_listen_fds(3), whose protocol is
/// promised to stay as it is. Without $NOTIFY_SOCKET all of it does nothing.
class ServiceManager {
 public:
  /// Reads the environment, and takes the variables out of it: they are not for children.
  ServiceManager();

  /// Lines of NAME=VALUE.
  void tell(const std::string& state, const std::vector<int>& descriptors = {}) const;

  /// It keeps descriptors for the service's next start: $FDSTORE, which systemd sets from version 254 on
  /// where FileDescriptorStoreMax= is set, and a unit can set itself before that.
  [[nodiscard]] bool keeps_descriptors() const { return keeps_; }
  void keep(const std::string& name, int descriptor) const;
  void forget(const std::string& name) const;

  /// One that was kept, from the last start of the service.
  std::optional<UniqueFd> kept(const std::string& name);

 private:
  std::string address_;
  bool keeps_ = false;
  std::vector<std::pair<std::string, UniqueFd>> kept_;
};

}  // namespace mediafs
