#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"
#include "mediafs/base/unique_fd.h"
#include "mediafs/supervisor/channel.h"
#include "supervisor/restart_policy.h"

namespace mediafs {

/// A server, as its parent sees it. For one thread.
class ServerProcess {
 public:
  /// Starts `program` (a descriptor of the file) with these arguments, the first being the program's name. It
  /// inherits this process' environment and standard descriptors, its end of the channel, and nothing else.
  static Result<ServerProcess> start(const UniqueFd& program, const std::vector<std::string>& arguments);

  [[nodiscard]] const Channel& channel() const { return channel_; }

  /// It has said that it can go.
  void note_prepared() { prepared_ = true; }
  /// True once: it is prepared, and has not been told to go.
  bool may_go() { return std::exchange(prepared_, false); }

  void note_serving(SteadyTime now) { serving_since_ = now; }
  [[nodiscard]] bool serving() const { return serving_since_.has_value(); }

  /// A descriptor that can be read when all its threads have ended.
  [[nodiscard]] int whole_end() const { return whole_.get(); }

  /// How it has ended, once it has. A process whose threads have been killed ends only when the last of them
  /// returns from the kernel. One that waits there for a look-up in a directory (FUSE_NOTIFY_INVAL_ENTRY
  /// takes the directory's lock) waits for the next server: it counts as ended once all that is left of it
  /// has waited so for half a second, which a disk seldom takes.
  std::optional<ServerEnd> ended(SteadyTime now);
  /// Nothing of it is left.
  [[nodiscard]] bool is_reaped(SteadyTime now) { return reaped_ || reap(now); }
  /// Its first thread has ended, and others have not. Nothing tells of that (a pidfd of a first thread does
  /// not, as of Linux 6.15): it has to be looked at.
  [[nodiscard]] bool is_ending() const;

  void kill() const;

 private:
  ServerProcess(pid_t pid, Channel channel);
  std::optional<ServerEnd> reap(SteadyTime now);
  [[nodiscard]] ServerEnd end_of(int status, SteadyTime now) const;
  [[nodiscard]] bool only_waits_in_the_kernel() const;

  pid_t pid_;
  Channel channel_;
  UniqueFd whole_;  // a pidfd
  std::optional<SteadyTime> serving_since_;
  std::optional<SteadyTime> only_waits_since_;
  bool prepared_ = false;
  bool reaped_ = false;
};

}  // namespace mediafs
