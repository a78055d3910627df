#pragma once

#include <string>

#include "cli/cache_requests.h"
#include "cli/exit_code.h"

namespace mediafs {

/// `mediafs cache …`, as its options say; paths as given.
struct CacheCommand {
  CacheRequest request;
  std::string cache_dir;
  std::string credentials;
  bool json = false;        // stats and verify, for programs
  bool everything = false;  // clear: also caches that these credentials neither open nor own
};

/// Acts on each cache in the directory that the credentials open, by way of the server that has it open, if
/// one has.
Exit run_cache_command(const CacheCommand& command);

}  // namespace mediafs
