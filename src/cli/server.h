#pragma once

#include <optional>
#include <string>

#include "cli/command_line.h"
#include "cli/daemon.h"
#include "cli/exit_code.h"
#include "cli/mount_command.h"
#include "mediafs/api/base_url.h"
#include "mediafs/api/credentials.h"
#include "mediafs/supervisor/kept_mount.h"
#include "mediafs/supervisor/service_manager.h"

namespace mediafs {

/// The words that make this program a server of a supervisor, in front of those of the mount. Nobody types
/// them.
inline constexpr const char* kServe = "serve";

/// A mount that is to be made, once all that could be checked before has been.
struct MountHere {
  const MountCommand& command;
  const BaseUrl& base;
  Credentials credentials;
  ServiceManager& service;
  MountIdentity identity;
  std::optional<KeptMount> kept;  // this mount, from the last start of the service
};

/// `mediafs mount`, from here on: mounts and serves until asked to end; in a process of its own for the
/// server with a supervisor over it, or all in this one. `ready` is called once the mount answers. On the
/// main thread, after any fork, before other threads.
Exit run_mount_here(MountHere mount, const Ready& ready);

/// A server, as a supervisor starts it: `arguments` are those of the mount, and paths in them mean what they
/// meant in `directory`.
Exit run_server(const std::string& directory, const Arguments& arguments);

}  // namespace mediafs
