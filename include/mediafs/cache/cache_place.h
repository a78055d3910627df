#pragma once

#include <string>

#include "mediafs/base/result.h"

namespace mediafs {

/// Whether caches could be kept in that directory (--cache-dir), as Cache::open() would find: whose it is,
/// who may write to it or above it, on what file system. Nothing is made or changed. Errors say what is
/// wrong.
Status check_cache_place(const std::string& directory, bool any_filesystem);

}  // namespace mediafs
