#include "cli/unmount.h"

#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "cli/holders.h"
#include "cli/mount_point.h"
#include "mediafs/base/limits.h"
#include "mediafs/mount/fusermount.h"
#include "mediafs/mount/mount_table.h"
#include "mediafs/supervisor/service_manager.h"

namespace mediafs {

namespace {

Exit in_use(const std::string& mountpoint) {
  const std::string who = to_string(holders_of(mountpoint));
  return {ExitCode::busy, fmt::format("{} is in use{}{} (--lazy detaches it all the same)", mountpoint,
                                      who.empty() ? "" : ": ", who)};
}

Exit unmount_as_root(const std::string& mountpoint) {
  if (::umount2(mountpoint.c_str(), UMOUNT_NOFOLLOW) == 0) return {};
  if (errno == EBUSY) return in_use(mountpoint);
  const ExitCode code = errno == EPERM ? ExitCode::not_permitted : ExitCode::internal;
  return {code, fmt::format("{}: {}", mountpoint, std::strerror(errno))};  // NOLINT
}

Exit unmount_as_user(const std::string& mountpoint) {
  switch (run_fusermount("-u", mountpoint)) {
    case 0:
      return {};
    case 127:
      return {ExitCode::no_fusermount, "fusermount3 is missing: install the package fuse3"};
    case kNoChild:
      return {ExitCode::internal, kNoMoreProcesses};
    default:  // its exit status tells nothing more
      return in_use(mountpoint);
  }
}

}  // namespace

Exit unmount(const std::string& mountpoint, bool lazy) {
  const auto mount = find_mount(mountpoint);
  if (const std::string place = resolved(mountpoint); !mount && place != mountpoint)
    return unmount(place, lazy);
  if (!mount || mount->type != kMountType)
    return {ExitCode::not_a_mount, fmt::format("{} is not a mount of mediafs", mountpoint)};
  if (auto exit = check_permitted(*mount, mountpoint)) return *exit;
  if (lazy) {
    if (detach(mountpoint)) return {};
    return {ExitCode::internal, fmt::format("{} cannot be detached", mountpoint)};
  }
  return ::geteuid() == 0 ? unmount_as_root(mountpoint) : unmount_as_user(mountpoint);
}

Exit unmount_if_stopped(const std::string& mountpoint) {
  if (job_of_our_service() != ServiceJob::stop) return {};
  const std::string place = resolved(mountpoint);
  if (!find_mount_of_ours(place) || is_served(place)) return {};
  return unmount(place, /*lazy=*/true);
}

}  // namespace mediafs
