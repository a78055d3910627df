#pragma once

#include <string>

#include "cli/exit_code.h"

namespace mediafs {

/// Takes a mount of ours down. ExitCode::busy: it is in use, and by whom. `lazy`: also then.
Exit unmount(const std::string& mountpoint, bool lazy);

/// For ExecStopPost=, systemd.service(5): where systemd stops the service of this process, what has been left
/// for a next start that does not come is taken away. What somebody serves stays.
Exit unmount_if_stopped(const std::string& mountpoint);

}  // namespace mediafs
