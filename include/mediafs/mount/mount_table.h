#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace mediafs {

/// The type of our mounts.
inline constexpr std::string_view kMountType = "fuse.mediafs";

/// One line of /proc/self/mountinfo: proc(5).
struct MountEntry {
  std::string device;          // "major:minor"
  std::string type;            // as "ext4" or "fuse.mediafs"
  std::optional<uid_t> owner;  // who mounted it, where it is a FUSE file system
};

/// What is mounted exactly there, in mountinfo's text; the one on top where there are several. Nothing where
/// nothing is.
std::optional<MountEntry> find_mount(std::string_view mountinfo, std::string_view path);

/// The same, in the table of now. Touches no mounted file system, so it never waits for one.
std::optional<MountEntry> find_mount(std::string_view path);

}  // namespace mediafs
