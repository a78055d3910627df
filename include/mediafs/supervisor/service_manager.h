#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mediafs/base/unique_fd.h"

namespace mediafs {

/// systemd's side of a service, where this process is one: sd_notify(3), sd_listen_fds(3). Without
/// $NOTIFY_SOCKET all of it does nothing. For one thread.
class ServiceManager {
 public:
  /// Takes over the descriptors that the last start of the service has left, and their variables out of the
  /// environment.
  ServiceManager();

  [[nodiscard]] bool is_there() const { return there_; }

  /// Lines of NAME=VALUE.
  void tell(const std::string& state, const std::vector<int>& descriptors = {}) const;

  /// It keeps descriptors for the service's next start: $FDSTORE, which systemd sets from version 254 on
  /// where FileDescriptorStoreMax= is set, and a unit can set itself before that.
  [[nodiscard]] bool keeps_descriptors() const { return keeps_; }
  void keep(const std::string& name, int descriptor) const;
  void forget(const std::string& name) const;

  /// Those that were kept, from the last start of the service.
  [[nodiscard]] bool has_kept(const std::string& name) const;
  std::optional<UniqueFd> take_kept(const std::string& name);
  /// Those that have not been taken are kept no longer.
  void forget_kept();

  /// Asked while the service is being stopped: whether it is to be started again at once (`systemctl
  /// restart`), by org.freedesktop.systemd1(5). False also where systemd does not say within two seconds.
  [[nodiscard]] bool is_restarting_us() const;

 private:
  const bool there_;
  const bool keeps_;
  std::vector<std::pair<std::string, UniqueFd>> kept_;
};

}  // namespace mediafs
