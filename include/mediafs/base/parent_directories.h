#pragma once

#include <string>
#include <string_view>

#include "mediafs/base/result.h"

namespace mediafs {

/// Whether nobody but this user and root can put another file in the place of `path`: each directory above
/// it, up to /, belongs to one of them, and where others may write the sticky bit keeps them from replacing
/// what is not theirs. Symbolic links are followed, and what they lead to counts.
///
/// Errc::denied: which directory it is, and where there is one the command that puts it right; `what` is
/// called "the cache". Errc::internal: a directory cannot be looked at.
Status check_parent_directories(const std::string& path, std::string_view what);

}  // namespace mediafs
