#pragma once

#include <string>

namespace mediafs {

/// What the command ends with; the README's table. Numbers are a contract: scripts branch on them.
enum class ExitCode {
  ok = 0,
  internal = 1,
  usage = 2,
  bad_url = 3,
  unreachable = 4,
  credentials = 5,
  mount_point_missing = 6,
  mount_point_not_directory = 7,
  mount_point_not_empty = 8,
  mount_point_in_use = 9,
  mount_point_in_cache = 10,
  no_fuse_device = 11,
  no_fusermount = 12,
  mount_refused = 13,
  cache_in_use = 14,
  not_a_mount = 15,
  busy = 16,
  no_cache = 17,
  cache_damaged = 18,
  no_upgrade = 19,
  not_permitted = 20,
  not_the_api = 21,
  no_answer = 22,
  throttled = 23,
};

/// Why a command ends, for a person.
struct Exit {
  ExitCode code = ExitCode::ok;
  std::string message;
};

}  // namespace mediafs
