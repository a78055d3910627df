#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mediafs/base/bytes.h"
#include "mediafs/base/clock.h"
#include "mediafs/base/log.h"

namespace mediafs {

/// `mediafs mount`, as its options say, with their defaults; paths as given.
struct MountCommand {  // NOLINT(clang-analyzer-optin.performance.Padding): in the order of the options'
                       // groups
  std::string url;
  std::string mountpoint;
  std::string usual_url;  // --url and --mountpoint: where there is no argument
  std::string usual_mountpoint;
  bool foreground = false;
  bool supervisor = true;  // a process over the server that starts another when it ends

  std::string credentials;
  std::string cacert;
  std::string proxy;
  bool allow_http = false;
  bool require_signature = false;
  bool verify_signatures = true;  // false: one that does not match is only logged
  bool prefetch = true;

  std::string cache_dir;
  std::optional<std::uint64_t> cache_size;  // nothing: as much as is reasonable there
  Duration max_age = std::chrono::hours(30 * 24);
  bool no_cache = false;
  bool cache_any_fs = false;
  bool bypass_shared_cache = false;  // where another server has it: go on without one
  std::uint64_t memory = 128_MiB;
  std::uint64_t max_unsized = 1_GiB;

  Duration deadline{30'000};
  Duration negative_ttl{10'000};
  Duration listing_ttl{60'000};
  Duration revalidate{86'400'000};
  std::string sessions;

  bool allow_other = false;
  uid_t uid = 0;
  gid_t gid = 0;
  mode_t file_mode = 0400;
  mode_t dir_mode = 0500;

  log::Options log;
  std::string metrics;  // ADDRESS:PORT, empty: only on the mount's own socket
  bool probe = false;   // ask the API before mounting

  std::string directory;  // that relative paths were meant in
  std::vector<std::string>
      words;  // the arguments all this was read from, those of a --config file among them
};

}  // namespace mediafs
