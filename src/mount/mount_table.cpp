#include "mediafs/mount/mount_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

namespace mediafs {

namespace {

/// Undoes \ooo, which is how white space and backslashes are written.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 3 < text.size() &&
                        std::all_of(text.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                    text.begin() + static_cast<std::ptrdiff_t>(i) + 4,
                                    [](char c) { return c >= '0' && c <= '7'; });
    if (!escape) {
      out.push_back(text[i]);
      continue;
    }
    out.push_back(
        static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0')));
    i += 3;
  }
  return out;
}

/// "user_id=N" among the options of a file system.
std::optional<uid_t> owner_in(std::string_view options) {
  constexpr std::string_view kName = "user_id=";
  for (std::size_t end = 0; !options.empty(); options.remove_prefix(std::min(end + 1, options.size()))) {
    end = std::min(options.find(','), options.size());
    std::string_view option = options.substr(0, end);
    if (!option.starts_with(kName)) continue;
    option.remove_prefix(kName.size());
    uid_t owner = 0;
    const auto [past, error] = std::from_chars(option.data(), option.data() + option.size(), owner);
    if (error == std::errc()) return owner;
  }
  return std::nullopt;
}

/// Each mount point and what is there, in the order of the text: one on top comes later.
std::vector<std::pair<std::string, MountEntry>> entries_of(std::string_view mountinfo) {
  std::vector<std::pair<std::string, MountEntry>> entries;
  std::istringstream lines{std::string(mountinfo)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::array<std::string, 5> fields;  // id, parent, device, root, mount point
    for (std::string& field : fields) words >> field;
    std::string word;
    while (words >> word && word != "-") {  // optional fields end with a hyphen
    }
    std::string source;
    std::string options;
    if (!(words >> word)) continue;
    words >> source >> options;
    entries.emplace_back(unescaped(fields[4]),
                         MountEntry{fields[0], fields[2], word, unescaped(source), owner_in(options)});
  }
  return entries;
}

}  // namespace

std::optional<MountEntry> find_mount(std::string_view mountinfo, std::string_view path) {
  std::optional<MountEntry> found;
  for (auto& [mountpoint, entry] : entries_of(mountinfo)) {
    if (mountpoint == path) found = std::move(entry);
  }
  return found;
}

std::map<std::string, MountEntry> find_mounts(std::string_view mountinfo, std::string_view type) {
  std::map<std::string, MountEntry> found;
  for (auto& [mountpoint, entry] : entries_of(mountinfo)) {
    found.erase(mountpoint);
    if (entry.type == type) found.emplace(mountpoint, std::move(entry));
  }
  return found;
}

std::vector<std::string> places_of(std::string_view mountinfo, std::string_view device) {
  std::map<std::string, std::string> uppermost;
  for (auto& [mountpoint, entry] : entries_of(mountinfo)) uppermost[mountpoint] = std::move(entry.device);
  std::vector<std::string> places;
  for (const auto& [mountpoint, there] : uppermost) {
    if (there == device) places.push_back(mountpoint);
  }
  return places;
}

bool has_mount(std::string_view mountinfo, std::string_view id) {
  return std::ranges::any_of(entries_of(mountinfo), [&](const auto& entry) { return entry.second.id == id; });
}

std::string mount_table_of(const std::string& process) {
  std::stringstream text;
  text << std::ifstream("/proc/" + process + "/mountinfo").rdbuf();
  return text.str();
}

std::optional<MountEntry> find_mount(std::string_view path) {
  return find_mount(mount_table_of("self"), path);
}

}  // namespace mediafs
