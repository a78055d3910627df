// The cache's keys follow the shared secret.
#pragma once

#include <vector>

#include "mediafs/base/secret.h"
#include "mediafs/base/timer.h"
#include "mediafs/cache/cache.h"

namespace mediafs {

/// Has the keys wrapped under the first secret, and tries again where that fails (a full disk) until it is
/// done or other secrets are given: under a secret that is no longer given the cache is lost at the next
/// mount.
class KeyRotation {
 public:
  /// `chores` runs it, for it waits for the disk; stopped before this goes.
  KeyRotation(Cache& cache, Timer& chores) : cache_(cache), chores_(chores) {}

  /// Any thread.
  void rotate_to(const std::vector<SecretString>& secrets);

 private:
  void attempt();

  Cache& cache_;
  Timer& chores_;
  // Of the chores' thread:
  std::vector<SecretString> secrets_;
  bool failing_ = false;
  bool waits_ = false;  // for the next attempt
};

}  // namespace mediafs
