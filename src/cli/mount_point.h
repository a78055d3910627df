#pragma once

#include <optional>
#include <string>

#include "cli/exit_code.h"
#include "mediafs/mount/mount_table.h"

namespace mediafs {

/// Whether a mount can be made there; why not, if not. A mount of ours whose server is gone is cleared first.
/// Never waits for a file system that does not answer. `cache_dir` may be empty.
std::optional<Exit> check_mount_point(const std::string& mountpoint, const std::string& cache_dir);

/// With links resolved, as far as the path exists. Of the last part it is only asked whether it is a link, so
/// that a mount there whose server is gone does no harm.
std::string resolved(const std::string& path);

/// Whether the file that the option names, if it does, can be read.
std::optional<Exit> check_readable(const std::string& option, const std::string& file);

/// Whether this machine and user can mount at all.
std::optional<Exit> check_fuse();

/// The mount of ours that is there, also behind links; nothing where there is none.
std::optional<MountEntry> find_mount_of_ours(const std::string& mountpoint);

/// Whether somebody answers for the mount there, within two seconds.
bool is_served(const std::string& mountpoint);

/// Whether this user may take that mount down or upgrade it: whoever made it, and root.
/// ExitCode::not_permitted and whose it is, if not.
std::optional<Exit> check_permitted(const MountEntry& mount, const std::string& mountpoint);

}  // namespace mediafs
