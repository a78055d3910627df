// The kernel's side: libfuse's low-level session over a Filesystem.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "mediafs/base/bytes.h"
#include "mediafs/base/clock.h"
#include "mediafs/base/histogram.h"
#include "mediafs/base/result.h"
#include "mediafs/base/timer.h"
#include "mediafs/filesystem/filesystem.h"

namespace mediafs {

/// What this server has done for the kernel; one that takes the mount over begins anew.
struct MountStats {
  /// From a request's being read from /dev/fuse to its reply's having been written there, by the operation's
  /// name as <linux/fuse.h> has it, in lower case: lookup, getattr, open, read, release, opendir, readdir,
  /// readdirplus, releasedir, getxattr, listxattr, statfs, access; all else is `other`. Each of them is
  /// there. What has no reply (FORGET, BATCH_FORGET, INTERRUPT) is not counted, nor is INIT. A request that
  /// an earlier server has left counts from when this one took it.
  std::map<std::string, DurationHistogram::Snapshot> durations;
  /// Replies by errno(3), which is positive. A lookup that finds nothing is ENOENT, also where the kernel is
  /// told so by a null node. Requests of an earlier server that this one ends with EIO are in here alone.
  std::map<int, std::uint64_t> errors;
};

class Mount {
 public:
  struct Options {
    std::string mountpoint;  // absolute; only looked for in the mount table
    uid_t owner = 0;
    gid_t group = 0;
    mode_t file_mode = 0400;
    mode_t directory_mode = 0500;
    unsigned workers = 4;  // threads that take requests
  };

  /// What the kernel's side of a mount is reached by, and what one server leaves to the next.
  struct Device {
    int descriptor = -1;     // of /dev/fuse, mounted (KernelMount); not owned
    MutableBytes hand_over;  // kHandOverBytes, page-aligned: zeros at the beginning of the mount's life
    bool may_repeat = true;  // have the kernel repeat what an earlier server has not answered; else it fails
  };
  static const std::size_t kHandOverBytes;

  /// Makes the kernel's INIT, or what an earlier server has left of it, known to libfuse. Other requests wait
  /// until run(). Needs SIGINT, SIGTERM and SIGHUP blocked in all threads.
  static Result<std::unique_ptr<Mount>> open(const Options& options, const Device& device,
                                             Filesystem& filesystem, Timer& timer);

  /// Every request must have been answered.
  ~Mount();
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;

  /// Why run() has ended: the mount is gone, a signal came, `orders` can be read, or /dev/fuse failed.
  enum class End { unmounted, signalled, ordered, failed };

  /// Serves on threads of its own until the mount is gone, or somebody asks to end: by a signal or, where
  /// `orders` is a descriptor, by that alone. On the main thread.
  /// `ready` is called once, when the mount answers. `ending` is called on this thread before the threads
  /// end, and must see to it that every request is answered that waits, then and later.
  End run(const std::function<void()>& ready, const std::function<void(End)>& ending, int orders = -1);

  /// From now on nothing is answered: another server will, to which the kernel repeats it. Where the kernel
  /// cannot, what is under way is waited for, for at most `patience`. Any thread.
  void stop_replying(Duration patience);
  [[nodiscard]] bool has_stopped_replying() const;

  /// Any thread. It takes no lock.
  [[nodiscard]] MountStats stats() const;

  /// Makes the kernel ask for a node's attributes again. Any thread. Its pages stay: to drop them waits for
  /// reads under way, and the caller may be what those wait for. Filesystem::open says whether pages can be
  /// kept.
  void refresh_attributes(NodeNumber node);

  /// Makes the kernel look a name up again. Any thread; it is done later, by a thread that may wait for the
  /// directory.
  void forget_name(NodeNumber directory, const std::string& name);

  /// Makes the kernel drop every page and size that it has of what has been erased, and returns when it has;
  /// names go as with forget_name. It waits for reads of those files, which have failed by now: only on a
  /// thread that answers no request of the kernel, with no lock that answering one takes, and while run()
  /// serves.
  void forget(const EraseResult& result);

 private:
  class Session;
  explicit Mount(std::unique_ptr<Session> session);
  std::unique_ptr<Session> session_;
};

}  // namespace mediafs
