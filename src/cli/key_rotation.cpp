#include "cli/key_rotation.h"

#include "mediafs/base/log.h"

namespace mediafs {

namespace {

constexpr std::chrono::seconds kTryAgain{5};

}  // namespace

void KeyRotation::rotate_to(const std::vector<SecretString>& secrets) {
  chores_.post([this, secrets] {
    secrets_ = secrets;
    if (!waits_) attempt();
  });
}

void KeyRotation::attempt() {
  const Status rotated = cache_.rotate(secrets_);
  if (!rotated && !failing_)
    log::warning("the cache's keys stay under the old secret as yet: {}", rotated.error().context);
  if (rotated && failing_) log::info("the cache's keys are under the new secret now");
  failing_ = waits_ = !rotated;
  if (!waits_) return;
  chores_.after(kTryAgain, [this] {
    waits_ = false;
    attempt();
  });
}

}  // namespace mediafs
