// Who holds a mount, as fuser(1) tells it; but no file system is asked, so that one that hangs is not waited
// for.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mediafs {

struct Holder {
  pid_t pid = 0;
  std::string name;  // comm of proc(5)
};

struct Holders {
  std::vector<Holder> seen;
  std::size_t hidden = 0;  // processes that this user may not look into
};

/// Processes with a working directory, a root, an open file or a mapping at or under `mountpoint`, a path
/// without links. By the links of /proc alone, and in a child that is given two seconds: what it has found by
/// then. Another mount namespace's processes are seen where the path is the same there. Before threads start.
Holders holders_of(const std::string& mountpoint);

/// "bash (17), mpv (18) and 3 more; processes that you may not look into: 87". Empty: nobody is known.
std::string to_string(const Holders& holders);

/// Whether `link`, as /proc shows it, is `mountpoint` or under it.
bool is_at_or_under(std::string_view link, std::string_view mountpoint);

}  // namespace mediafs
