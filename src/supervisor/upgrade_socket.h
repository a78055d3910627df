#pragma once

#include <string>
#include <vector>

#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {

/// Where a supervisor is asked for an upgrade: a socket in the kernel's abstract name space (unix(7)), named
/// by the mount's device number. Only its own user and root may ask.
class UpgradeSocket {
 public:
  /// Should the name be taken, which others can do, the upgrade can only be asked for by SIGHUP: false.
  bool listen(const std::string& device);

  [[nodiscard]] int descriptor() const { return listening_.get(); }
  /// Takes who stands there. True: they may ask, and wait for an answer.
  bool accept();
  /// To everybody who waits.
  void answer(const Result<Duration>& outcome);

 private:
  UniqueFd listening_;
  std::vector<UniqueFd> waiting_;
};

}  // namespace mediafs
