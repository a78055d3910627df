#pragma once

#include "cli/mount_command.h"
#include "mediafs/api/base_url.h"
#include "mediafs/api/credentials.h"
#include "mediafs/supervisor/kept_mount.h"

namespace mediafs {

/// What of a mount may not change while it stays: what the kernel keeps of it (modes, owners), and what an
/// open file needs of its server (API, key, cache). Tells none of it.
MountIdentity identity_of_mount(const MountCommand& command, const BaseUrl& base,
                                const Credentials& credentials);

}  // namespace mediafs
