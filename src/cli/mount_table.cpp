#include "cli/mount_table.h"

#include <algorithm>
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
    out.push_back(static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0')));
    i += 3;
  }
  return out;
}

}  // namespace

std::optional<std::string> mounted_type(std::string_view mountinfo, std::string_view path) {
  std::optional<std::string> type;
  std::istringstream lines{std::string(mountinfo)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string word;
    std::string target;
    for (int field = 1; field <= 5 && fields >> word; ++field) target = word;
    if (unescaped(target) != path) continue;
    while (fields >> word && word != "-") {
    }
    if (fields >> word) type = word;
  }
  return type;
}

}  // namespace mediafs
