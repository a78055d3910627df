#include "mount_table.h"

#include <sys/mount.h>

#include <algorithm>
#include <fstream>
#include <ranges>
#include <set>
#include <sstream>

namespace mediafs::e2e {
namespace {

/// ID PARENT DEVICE ROOT MOUNT-POINT OPTIONS [FIELD…] - TYPE SOURCE OPTIONS; see proc_pid_mountinfo(5).
MountEntry parse(const std::string& line) {
  std::istringstream fields(line);
  std::string skipped;
  MountEntry entry;
  fields >> skipped >> skipped >> skipped >> skipped >> entry.mount_point >> entry.options;
  while (fields >> skipped && skipped != "-") {
  }
  std::string more;
  fields >> entry.type >> entry.source >> more;
  entry.options += "," + more;
  return entry;
}

bool is_within(const std::string& mount_point, const std::string& path) {
  return mount_point == path || mount_point.starts_with(path + "/");
}

std::vector<MountEntry> mount_table_of(const std::filesystem::path& process) {
  std::vector<MountEntry> entries;
  std::ifstream table(process / "mountinfo");
  for (std::string line; std::getline(table, line);) entries.push_back(parse(line));
  return entries;
}

}  // namespace

std::vector<MountEntry> mount_table() {
  return mount_table_of("/proc/self");
}

std::optional<MountEntry> mount_at(const std::filesystem::path& path) {
  const auto entries = mount_table();
  const auto found = std::find_if(entries.rbegin(), entries.rend(), [&](const MountEntry& entry) {
    return entry.mount_point == path.string();
  });
  if (found == entries.rend()) return std::nullopt;
  return *found;
}

bool is_kept_elsewhere(const std::filesystem::path& path) {
  std::error_code gone;
  std::set<std::filesystem::path> seen{std::filesystem::read_symlink("/proc/self/ns/mnt")};
  for (const auto& process : std::filesystem::directory_iterator("/proc")) {
    const auto mounts = std::filesystem::read_symlink(process.path() / "ns/mnt", gone);
    if (mounts.empty() || !seen.insert(mounts).second) continue;
    const auto entries = mount_table_of(process);
    if (std::ranges::any_of(entries, [&](const auto& entry) { return is_within(entry.mount_point, path); }))
      return true;
  }
  return false;
}

void detach_all(const std::filesystem::path& path) {
  const auto entries = mount_table();
  for (const MountEntry& entry : std::views::reverse(entries)) {
    if (is_within(entry.mount_point, path)) ::umount2(entry.mount_point.c_str(), MNT_DETACH);
  }
}

}  // namespace mediafs::e2e
