// Where files stand that no option names.
#pragma once

#include <string>

namespace mediafs {

/// $XDG_CACHE_HOME/mediafs; else of root /var/cache/mediafs, and of others ~/.cache/mediafs. Empty: nowhere.
std::string default_cache_dir();
/// The help of --cache-dir, with that default.
std::string help_on_cache_dir();

}  // namespace mediafs
