// What one start of a service leaves to the next: its mount, kept by the service manager.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mediafs/base/unique_fd.h"
#include "mediafs/supervisor/service_manager.h"

namespace mediafs {

/// A mount that is there, without anybody who serves it.
struct KeptMount {
  UniqueFd device;     // of /dev/fuse
  std::string number;  // the mount's device number, "major:minor"
  UniqueFd memory;     // that its servers leave to each other
};

/// What two starts must have in common for the second to go on with the mount of the first.
struct MountIdentity {
  std::string mountpoint;             // with links resolved
  std::uint64_t hand_over_bytes = 0;  // of the memory
  std::string digest;  // of the mount point and all other options that count: letters and digits
};

/// The names by which the service manager keeps the two descriptors. The device's tells to which mount it
/// belongs, the memory's of which identity and version of the channel it is. No ':' is allowed in them
/// (sd_pid_notify_with_fds(3)).
std::string kept_name_of_device(std::string_view number);
std::string kept_name_of_memory(const MountIdentity& identity);

enum class LastMount { same, gone, another_version, another_place, other_options };

/// What has become of the mount whose descriptors were kept by these names. `wanted`: the mount of this
/// start, or nothing where it takes over none. Pure.
LastMount judge(const std::vector<std::string>& names, std::string_view mountinfo,
                const std::optional<MountIdentity>& wanted);

/// Takes what the last start of this service has left, and gives it where it is exactly the mount that this
/// start would make. Any other is taken away, wherever it is, and is kept no longer; the log says why. For a
/// start before it looks at its mount point.
std::optional<KeptMount> take_kept_mount(ServiceManager& service, const std::optional<MountIdentity>& wanted);

}  // namespace mediafs
