#pragma once

#include <string>

#include "cli/exit_code.h"

namespace mediafs {

/// Takes a mount of ours down. ExitCode::busy: it is in use, and by whom. `lazy`: also then.
Exit unmount(const std::string& mountpoint, bool lazy);

}  // namespace mediafs
