// The kernel's side: libfuse's low-level session over a Filesystem.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>

#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"
#include "mediafs/base/timer.h"
#include "mediafs/filesystem/filesystem.h"

namespace mediafs {

class Mount {
 public:
  struct Options {
    std::string mountpoint;  // absolute
    std::string source;      // what df and mount show; no comma, backslash or white space
    bool allow_other = false;
    uid_t owner = 0;
    gid_t group = 0;
    mode_t file_mode = 0400;
    mode_t directory_mode = 0500;
  };

  /// Mounts; the kernel's requests wait until run(). Needs SIGINT, SIGTERM and SIGHUP blocked in all threads.
  static Result<std::unique_ptr<Mount>> open(const Options& options, Filesystem& filesystem, Timer& timer);

  /// Unmounts if that has not happened. Every request must have been answered.
  ~Mount();
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;

  /// Serves on threads of its own until the mount is gone or a signal asks to end; on the main thread.
  /// `ready` is called once, when the kernel has been answered for the first time; `ending` on this thread
  /// before the threads end: it has everybody answered who waits, now and from then on. True: it ended as
  /// asked.
  bool run(std::function<void()> ready, const std::function<void()>& ending);

  /// Makes the kernel ask for a node's attributes again. Any thread. Its pages are left alone: to drop them
  /// waits for reads under way, whose deadlines would then wait for that; Filesystem::open tells which are
  /// right.
  void refresh_attributes(NodeNumber node);

  /// Makes the kernel look a name up again. Any thread; it is done later, by a thread that may wait for the
  /// directory.
  void forget_name(NodeNumber directory, const std::string& name);

 private:
  class Session;
  explicit Mount(std::unique_ptr<Session> session);
  std::unique_ptr<Session> session_;
};

}  // namespace mediafs
