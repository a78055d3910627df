#pragma once

#include <functional>

#include "mediafs/mount/mount.h"
#include "mount/libfuse.h"

namespace mediafs {

/// Serves the session with `workers` threads until the mount is gone or somebody asks to end, and returns
/// when the threads have ended. `ready` is called when they have begun, `ending` while they still serve. To
/// ask is to send SIGINT, SIGTERM or SIGHUP; where `orders` is a descriptor, only its becoming readable
/// counts.
///
/// libfuse's own loop makes and ends threads as requests come, and before 3.17 does not notice
/// fuse_session_exit() from another thread. REQUIRES: the three signals are blocked in all threads.
Mount::End serve_session(fuse_session* session, unsigned workers, const std::function<void()>& ready,
                         int orders, const std::function<void(Mount::End)>& ending);

}  // namespace mediafs
