// What a server tells of itself to who watches it, in the forms in which that is shown.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mediafs/api/api_stats.h"
#include "mediafs/cache/cache.h"
#include "mediafs/mount/mount.h"
#include "mediafs/store/transfer.h"

namespace mediafs {

/// A server and its mount at one time.
struct MountReport {
  std::string url;
  std::string mountpoint;
  std::string version;
  std::string commit;
  pid_t pid = 0;
  UnixSeconds now = 0;
  UnixSeconds since = 0;       // when this server began
  std::uint64_t restarts = 0;  // servers of this supervisor before it, upgrades among them
  ApiStats api;
  MountStats mount;
  std::vector<Transfer> transfers;
  std::size_t open_files = 0;
  std::uint64_t erased = 0;           // media, since it began
  std::optional<Cache::Stats> cache;  // nothing: there is none
};

/// Prometheus's text format (https://prometheus.io/docs/instrumenting/exposition_formats). No id is in it.
std::string metrics_of(const MountReport& report);

/// For `mediafs status`, which also shows what another version has said. Ids are in it: for our user and
/// root.
std::string json_of(const MountReport& report);

/// In a line, without ids: "API up; 2 open, 1 transfer; cache 1.2 of 10.0 GiB".
std::string summary_of(const MountReport& report);

/// Why readers of media that are not in the cache would fail just now; nothing: as far as is known they do
/// not.
std::optional<std::string> why_not_healthy(const ApiStats& api);

}  // namespace mediafs
