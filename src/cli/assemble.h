#pragma once

#include "cli/daemon.h"
#include "cli/exit_code.h"
#include "cli/mount_command.h"
#include "mediafs/api/base_url.h"
#include "mediafs/api/credentials.h"

namespace mediafs {

/// Builds the floors, mounts, serves until asked to end, and takes the floors down in reverse. On the main
/// thread, after any fork: neither threads nor LMDB survive one. `ready` is called once the mount answers.
Exit serve(const MountCommand& command, const BaseUrl& base, Credentials credentials, const Ready& ready);

}  // namespace mediafs
