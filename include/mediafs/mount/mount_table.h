#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mediafs {

/// The type of our mounts.
inline constexpr std::string_view kMountType = "fuse.mediafs";

/// One line of /proc/self/mountinfo: proc(5).
struct MountEntry {
  std::string id;              // of this mount, in whatever mount namespace: no two have the same
  std::string device;          // "major:minor"
  std::string type;            // as "ext4" or "fuse.mediafs"
  std::string source;          // as "/dev/vda", or the API URL of a mount of ours
  std::optional<uid_t> owner;  // who mounted it, where it is a FUSE file system
};

/// What is mounted exactly there, in mountinfo's text; the one on top where there are several. Nothing where
/// nothing is.
std::optional<MountEntry> find_mount(std::string_view mountinfo, std::string_view path);

/// All mounts of that type, by their mount points; of several at one place the one on top.
std::map<std::string, MountEntry> find_mounts(std::string_view mountinfo, std::string_view type);

/// Where the file system with that device number is the uppermost mount.
std::vector<std::string> places_of(std::string_view mountinfo, std::string_view device);

/// Whether the mount with that id is in the table: else it is another mount namespace's, mount_namespaces(7).
bool has_mount(std::string_view mountinfo, std::string_view id);

/// The text of now, as that process sees it ("self", "1"): empty where it may not be read.
std::string mount_table_of(const std::string& process);

/// What is mounted there now, as this process sees it. Touches no mounted file system, so it never waits for
/// one.
std::optional<MountEntry> find_mount(std::string_view path);

}  // namespace mediafs
