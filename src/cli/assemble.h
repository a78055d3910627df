#pragma once

#include <string>

#include "cli/exit_code.h"
#include "cli/mount_command.h"
#include "cli/mount_owner.h"
#include "mediafs/api/base_url.h"
#include "mediafs/api/credentials.h"

namespace mediafs {

/// Builds the floors, has the mount owner give the mount, serves until asked to end, and takes the floors
/// down in reverse. On the main thread, after any fork: neither threads nor LMDB survive one. Where it steps
/// down for another server it does not return: what is left to do then is to end the process.
Exit serve(const MountCommand& command, const BaseUrl& base, const Credentials& credentials,
           MountOwner& mount_owner);

/// Tells one API and key from others, and tells neither: 32 hex digits. Integrations never share a cache, nor
/// a mount.
std::string identity_of(const BaseUrl& base, const Credentials& credentials);

Exit cannot_log(const MountCommand& command);

}  // namespace mediafs
