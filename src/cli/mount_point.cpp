#include "cli/mount_point.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "cli/user_name.h"
#include "mediafs/base/limits.h"
#include "mediafs/base/unique_fd.h"
#include "mediafs/mount/fusermount.h"
#include "mediafs/mount/mount_table.h"

namespace mediafs {

namespace {

bool is_ours(const MountEntry& mount) {
  return mount.type == kMountType;
}

/// The errno of a statvfs(3) that is not waited for beyond two seconds: no kernel answers that for the
/// server.
int state_of(const std::string& mountpoint) {
  return in_child([&] {
    struct statvfs ignored{};
    return ::statvfs(mountpoint.c_str(), &ignored) == 0 ? 0 : errno;
  });
}

std::optional<Exit> check_existing_mount(const std::string& mountpoint) {
  const auto mount = find_mount(mountpoint);
  if (!mount) return std::nullopt;
  Exit in_use{ExitCode::mount_point_in_use, fmt::format("{} is already a mount: {}, of the type {}",
                                                        mountpoint, mount->source, mount->type)};
  if (!is_ours(*mount)) return in_use;
  const int state = state_of(mountpoint);
  if (state != ENOTCONN && state != ECONNABORTED) return in_use;
  if (!detach(mountpoint)) {
    return Exit{ExitCode::mount_point_in_use,
                fmt::format("{} is a mount whose server is gone, and cannot be cleared: {}", mountpoint,
                            std::strerror(errno))};  // NOLINT
  }
  return check_existing_mount(mountpoint);  // there may be another one under it
}

bool lies_within(const std::filesystem::path& inner, const std::filesystem::path& outer) {
  const auto [end_of_outer, ignored] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  return end_of_outer == outer.end();
}

}  // namespace

std::string resolved(const std::string& path) {
  constexpr int kMostLinks = 40;  // as the kernel's own limit
  std::error_code failed;
  std::filesystem::path place(path);
  for (int links = 0; links < kMostLinks; ++links) {
    place = std::filesystem::weakly_canonical(place.parent_path(), failed) / place.filename();
    // readlink(2) itself: the library asks for the type first, and a server that hangs would not tell.
    std::array<char, PATH_MAX> target{};
    const ssize_t length = ::readlink(place.c_str(), target.data(), target.size());
    if (length <= 0) break;
    const std::string_view text(target.data(), static_cast<std::size_t>(length));
    place = (place.parent_path() / text).lexically_normal();
  }
  return place.string();
}

std::optional<Exit> check_mount_point(const std::string& mountpoint, const std::string& cache_dir) {
  const std::string place = resolved(mountpoint);
  if (auto exit = check_existing_mount(place)) return exit;
  struct stat there{};
  if (::stat(mountpoint.c_str(), &there) != 0) {
    return Exit{ExitCode::mount_point_missing,
                fmt::format("{}: {}", mountpoint, std::strerror(errno))};  // NOLINT
  }
  if (!S_ISDIR(there.st_mode)) {
    return Exit{ExitCode::mount_point_not_directory, fmt::format("{} is not a directory", mountpoint)};
  }
  if (!cache_dir.empty()) {
    const std::string cache = resolved(cache_dir);
    if (lies_within(place, cache) || lies_within(cache, place)) {
      return Exit{
          ExitCode::mount_point_in_cache,
          fmt::format("the mount point {} and the cache {} lie within each other", mountpoint, cache_dir)};
    }
  }
  std::error_code failed;
  const bool empty = std::filesystem::is_empty(place, failed);
  if (failed) return Exit{ExitCode::mount_point_missing, fmt::format("{}: {}", mountpoint, failed.message())};
  if (!empty) return Exit{ExitCode::mount_point_not_empty, fmt::format("{} is not empty", mountpoint)};
  return std::nullopt;
}

std::optional<Exit> check_readable(const std::string& option, const std::string& file) {
  std::error_code failed;
  if (file.empty()) return std::nullopt;
  if (::access(file.c_str(), R_OK) == 0 && std::filesystem::is_regular_file(file, failed))
    return std::nullopt;
  return Exit{ExitCode::usage, fmt::format("{}: {} cannot be read", option, file)};
}

std::optional<Exit> check_fuse() {
  const UniqueFd device(::open("/dev/fuse", O_RDWR | O_CLOEXEC));
  if (!device) {
    return Exit{ExitCode::no_fuse_device, fmt::format("/dev/fuse cannot be opened ({}): the fuse module must "
                                                      "be loaded, and the device be there and open to you",
                                                      std::strerror(errno))};  // NOLINT
  }
  if (::geteuid() == 0) return std::nullopt;  // root mounts without help
  const int found = in_child([] {
    silence(STDOUT_FILENO);
    ::execlp("fusermount3", "fusermount3", "--version", nullptr);
    return 127;
  });
  if (found == 0) return std::nullopt;
  if (found == kNoChild) return Exit{ExitCode::internal, kNoMoreProcesses};
  return Exit{ExitCode::no_fusermount, "fusermount3 is missing: install the package fuse3"};
}

std::optional<Exit> check_permitted(const MountEntry& mount, const std::string& mountpoint) {
  const uid_t user = ::geteuid();
  if (user == 0 || !mount.owner || *mount.owner == user) return std::nullopt;
  return Exit{ExitCode::not_permitted,
              fmt::format("{} belongs to {}: only they and root may unmount or upgrade it", mountpoint,
                          name_of_user(*mount.owner))};
}

bool is_served(const std::string& mountpoint) {
  return state_of(mountpoint) == 0;
}

std::optional<MountEntry> find_mount_of_ours(const std::string& mountpoint) {
  auto mount = find_mount(mountpoint);
  if (!mount) mount = find_mount(resolved(mountpoint));
  return mount && is_ours(*mount) ? mount : std::nullopt;
}

}  // namespace mediafs
