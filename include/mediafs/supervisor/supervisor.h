#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mediafs/base/clock.h"
#include "mediafs/base/unique_fd.h"
#include "mediafs/mount/kernel_mount.h"

namespace mediafs {

/// Mounts, keeps the descriptor of /dev/fuse, and has a server for it at any time: another when the one that
/// there is ends without having been asked to, or when an upgrade is asked for (SIGHUP, upgrade.h). Who reads
/// from the mount notices nothing of that.
///
/// It holds no secret (but a descriptor of a file that has them, where servers cannot read them elsewhere),
/// reads nothing that comes from a media or from the API, and has one thread, so that there is little for it
/// to die of.
class Supervisor {
 public:
  struct Options {
    KernelMount::Options mount;
    std::vector<std::string> server;    // its arguments, the program's name first; the program is this one
    std::uint64_t hand_over_bytes = 0;  // of memory that servers leave to each other
    UniqueFd credentials = {};          // a file for servers to read them from; none: they know where
  };

  /// How it came to an end, for an exit code.
  struct Outcome {
    enum class Kind {
      done,           // as asked, or the mount was taken away
      mount_refused,  // by the kernel or fusermount3
      server_failed,  // the first one, before anything was mounted or served: `code` is its exit code
      gave_up,        // server after server has ended early
    };
    Kind kind = Kind::done;
    std::uint32_t code = 0;
    std::string text;
  };

  /// The clock must outlive this object.
  Supervisor(Options options, const Clock& clock);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// Whether the mount is there already, kept by the service manager from the last start of this service:
  /// sd_listen_fds(3). Then run() takes it over.
  static bool has_been_left_a_mount();

  /// Runs until SIGTERM or SIGINT come, the mount is gone, or it gives up. `ready` is called when the mount
  /// answers for the first time. Blocks these signals and SIGHUP.
  Outcome run(const std::function<void()>& ready);

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace mediafs
