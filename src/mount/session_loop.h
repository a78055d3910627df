#pragma once

#include <functional>

#include "mount/libfuse.h"

namespace mediafs {

/// Serves the session with `workers` threads until the mount is gone or SIGINT, SIGTERM or SIGHUP come, and
/// returns when the threads have ended; false where /dev/fuse failed. `ending` is called in between, while
/// they still serve.
///
/// libfuse's own loop makes and ends threads as requests come, and before 3.17 does not notice
/// fuse_session_exit() from another thread. REQUIRES: the three signals are blocked in all threads.
bool serve_session(fuse_session* session, unsigned workers, const std::function<void()>& ending);

}  // namespace mediafs
