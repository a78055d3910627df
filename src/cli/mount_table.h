#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mediafs {

/// The type (as "ext4" or "fuse.mediafs") of what is mounted exactly there, in the text of /proc/self/mountinfo; the one on
/// top where there are several. Nothing where nothing is. proc(5) describes the lines.
std::optional<std::string> mounted_type(std::string_view mountinfo, std::string_view path);

}  // namespace mediafs
