// New shared secrets without a remount: an integration's are rotated while programs use it.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <optional>
#include <vector>

#include "cli/credentials_source.h"
#include "mediafs/base/timer.h"

namespace mediafs {

/// Looks now and then whether the credentials file has changed, and hands the shared secrets on that it holds
/// then, the same ones too, which may be taken by now. A file that is refused, or has another API key, leaves
/// everything as it is, with a warning in the log. All of it on the timer's thread, which waits for that
/// file.
class CredentialsWatch {
 public:
  using Taker = std::function<void(const std::vector<SecretString>& secrets)>;

  /// `known`: what is in use. The timer must have been stopped when this is destroyed.
  CredentialsWatch(CredentialsFile file, Credentials known, Timer& timer, Taker take);

 private:
  using Seen = std::optional<struct stat>;  // nothing: there is no file

  void look_later();
  void look();
  void read_again(bool is_first);

  const CredentialsFile file_;
  Credentials known_;
  Timer& timer_;
  const Taker take_;
  std::optional<Seen> settled_;  // the file as it was when it was read last
  std::optional<Seen> last_look_;
};

}  // namespace mediafs
