#pragma once

#include <string>
#include <variant>

#include "cli/argument_list.h"
#include "cli/cache_command.h"
#include "cli/doctor.h"
#include "cli/exit_code.h"
#include "cli/mount_command.h"
#include "cli/status_command.h"

namespace mediafs {

struct UnmountCommand {
  std::string mountpoint;
  bool lazy = false;
  bool if_stopped = false;  // for a unit's ExecStopPost=
};

struct UpgradeCommand {
  std::string mountpoint;
};

/// What to do; or an Exit, where there is nothing to do but to tell (help, version, a mistake).
using Command = std::variant<MountCommand, UnmountCommand, UpgradeCommand, StatusCommand, DoctorCommand,
                             CacheCommand, Exit>;

/// `arguments` is argv without the program's name. Reads the --config file, if one is named, and nothing
/// else. Relative paths are meant in `directory`; empty: in the one that the process is in.
Command parse_command_line(const std::string& program, const Arguments& arguments,
                           const std::string& directory = {});

}  // namespace mediafs
