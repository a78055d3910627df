#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mediafs/base/clock.h"
#include "mediafs/base/unique_fd.h"
#include "mediafs/mount/kernel_mount.h"
#include "mediafs/supervisor/kept_mount.h"
#include "mediafs/supervisor/service_manager.h"

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
    std::vector<std::string> server;     // its arguments, the program's name first; the program is this one
    std::uint64_t hand_over_bytes = 0;   // of memory that servers leave to each other
    std::string identity;                // the digest of MountIdentity, for the next start of the service
    UniqueFd credentials = {};           // a file for servers to read them from; none: they know where
    std::optional<KeptMount> kept = {};  // what take_kept_mount() has found: this mount, from the last start
  };

  /// How it came to an end, for an exit code.
  struct Outcome {
    enum class Kind {
      done,           // as asked, or the mount was taken away
      mount_refused,  // by the kernel or fusermount3
      server_failed,  // the first one, before anything was mounted or served
      gave_up,        // server after server has ended early
    };
    Kind kind = Kind::done;
    std::uint32_t code = 0;  // the exit code of the server that failed last; 0: it gave none
    std::string text;
  };

  /// Both must outlive this object.
  Supervisor(Options options, ServiceManager& service, const Clock& clock);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// From now on the signals that run() acts on wait for it. Before that they would end the process, with a
  /// mount left behind by an earlier start of the service.
  static void hold_signals_back();

  /// Runs until SIGTERM or SIGINT come, the mount is gone, or it gives up. `ready` is called when the mount
  /// first answers to this supervisor. Blocks these signals and SIGHUP. Where the service manager is about to
  /// start the service again, the mount stays.
  Outcome run(const std::function<void()>& ready);

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace mediafs
