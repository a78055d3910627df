#include "mediafs/mount/mount_table.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

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

}  // namespace

std::optional<MountEntry> find_mount(std::string_view mountinfo, std::string_view path) {
  std::optional<MountEntry> found;
  std::istringstream lines{std::string(mountinfo)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::array<std::string, 5> fields;  // id, parent, device, root, mount point
    for (std::string& field : fields) words >> field;
    if (unescaped(fields[4]) != path) continue;
    std::string word;
    while (words >> word && word != "-") {  // optional fields end with a hyphen
    }
    if (words >> word) found = MountEntry{fields[2], word};
  }
  return found;
}

std::optional<MountEntry> find_mount(std::string_view path) {
  std::stringstream text;
  text << std::ifstream("/proc/self/mountinfo").rdbuf();
  return find_mount(text.str(), path);
}

}  // namespace mediafs
