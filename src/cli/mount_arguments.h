#pragma once

#include <string>

#include "cli/mount_command.h"

namespace CLI {
class App;
}

namespace mediafs {

/// `mount`, or a command that has all its options too, into `command`, which must live until the arguments
/// have been parsed. Their defaults are those that `command` has. `config` is not read here.
CLI::App* add_mount_command(CLI::App& app, MountCommand& command, std::string& config,
                            const std::string& name = "mount",
                            const std::string& help = "Mount an API; returns when the mount is ready");

}  // namespace mediafs
