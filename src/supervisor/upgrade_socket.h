#pragma once

#include <memory>
#include <string>

#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"
#include "mediafs/control/polled_control_service.h"

namespace mediafs {

/// Where a supervisor is asked for an upgrade, POST /upgrade: a socket in the kernel's abstract name space
/// (unix(7)), named by the mount's device number. Only its own user and root may ask.
class UpgradeSocket {
 public:
  /// False where the name is taken: by the supervisor of a mount that had the number before, for a moment, or
  /// by somebody who stands in the way. Then the upgrade can only be asked for by SIGHUP.
  bool listen(const std::string& device);
  void close() { service_.reset(); }

  [[nodiscard]] int descriptor() const { return service_ ? service_->descriptor() : -1; }
  /// Takes in what is asked. True: somebody waits for an answer.
  bool take_requests();
  /// Sends the outcome to every client that waits.
  void answer(const Result<Duration>& outcome);

 private:
  std::unique_ptr<PolledControlService> service_;
  bool is_asked_ = false;
};

}  // namespace mediafs
