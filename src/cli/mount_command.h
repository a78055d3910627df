#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "mediafs/base/bytes.h"
#include "mediafs/base/clock.h"
#include "mediafs/base/log.h"

namespace mediafs {

/// `mediafs mount`, as its options say, with their defaults; paths as given.
struct MountCommand {
  std::string url;
  std::string mountpoint;
  bool foreground = false;

  std::string credentials;
  std::string cacert;
  std::string proxy;
  bool allow_http = false;
  bool require_signature = false;
  bool prefetch = true;

  std::string cache_dir;
  bool no_cache = false;
  std::uint64_t cache_size = 10_GiB;
  std::uint64_t memory = 128_MiB;
  std::uint64_t max_unsized = 1_GiB;

  Duration deadline{30'000};
  Duration negative_ttl{10'000};
  Duration listing_ttl{60'000};
  std::string sessions;

  bool allow_other = false;
  uid_t uid = 0;
  gid_t gid = 0;
  mode_t file_mode = 0400;
  mode_t dir_mode = 0500;

  log::Options log;
};

}  // namespace mediafs
