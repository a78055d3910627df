#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mediafs/base/unique_fd.h"

namespace mediafs {

/// Whether this process is one of a service that is to say how it does: $NOTIFY_SOCKET, sd_notify(3).
bool is_service();

/// Lines of NAME=VALUE for the service manager, by sd_notify(3); outside a service it does nothing.
void tell_service_manager(const std::string& state, const std::vector<int>& descriptors = {});

/// What systemd does with the service that this process is of, by org.freedesktop.systemd1(5).
enum class ServiceJob {
  unknown,  // systemd does not say, or not within two seconds
  none,     // nothing, or something else: it starts
  stop,
  restart,               // stops it, to start it again at once
  restart_without_kept,  // likewise, and does not keep its descriptors
};
/// `descriptors`: how many it is to have kept.
ServiceJob job_of_our_service(std::uint32_t descriptors = 0);

/// systemd's side of a service, where this process is one: sd_notify(3), sd_listen_fds(3). Outside a service
/// all of it does nothing. For one thread.
class ServiceManager {
 public:
  /// Takes over the descriptors that the last start of the service has left, and their variables out of the
  /// environment.
  ServiceManager();

  [[nodiscard]] bool is_there() const { return there_; }

  void tell(const std::string& state) const { tell_service_manager(state); }

  /// It keeps descriptors for the service's next start: $FDSTORE, which systemd sets from version 254 on
  /// where FileDescriptorStoreMax= is set, and a unit can set itself before that. Whether it really does is
  /// known of each restart alone, by job_of_our_service().
  [[nodiscard]] bool keeps_descriptors() const { return keeps_; }
  void keep(const std::string& name, int descriptor) const;
  void forget(const std::string& name) const;

  struct Kept {
    std::string name;
    UniqueFd descriptor;
  };
  /// Those that were kept, from the last start of the service; it goes on keeping them.
  std::vector<Kept> take_kept() { return std::move(kept_); }

 private:
  const bool there_;
  const bool keeps_;
  std::vector<Kept> kept_;
};

}  // namespace mediafs
