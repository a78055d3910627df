// What the kernel says of mounts, read without touching any of them: a dead or hanging one must not stop a
// test.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mediafs::e2e {

struct MountEntry {
  std::string mount_point;
  std::string type;
  std::string source;
  std::string options;  // those of the mount, then those of the file system
};

std::vector<MountEntry> mount_table();

/// The one that is visible there: the last.
std::optional<MountEntry> mount_at(const std::filesystem::path& path);

/// Whether something is mounted at or below `path` in another mount namespace: one that is made while it is
/// mounted has copies of all mounts, and a copy keeps the server.
bool is_kept_elsewhere(const std::filesystem::path& path);

/// Takes away whatever is mounted at or below `path`, dead or alive.
void detach_all(const std::filesystem::path& path);

}  // namespace mediafs::e2e
