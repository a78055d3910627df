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
  /// False where the name is taken: by the supervisor of a mount that had the number before, for a moment, or
  /// by somebody who stands in the way. Then the upgrade can only be asked for by SIGHUP.
  bool listen(const std::string& device);
  /// Before the mount goes: the next one may have its number.
  void close() { listening_.reset(); }

  [[nodiscard]] int descriptor() const { return listening_.get(); }
  /// Accepts a client. True: it may ask, and waits for an answer.
  bool accept();
  /// Sends the outcome to every client that waits.
  void answer(const Result<Duration>& outcome);

 private:
  UniqueFd listening_;
  std::vector<UniqueFd> waiting_;
};

}  // namespace mediafs
