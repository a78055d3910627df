#pragma once

#include "cache/keyring.h"
#include "cache/ledger.h"
#include "cache/replaceable_environment.h"
#include "cache/retention.h"
#include "cache/sealing.h"

namespace mediafs {

/// What a cache is made of, for those who work on it. All outlive them.
struct CacheParts {
  Keyring& keyring;
  const Sealing& sealing;
  Ledger& ledger;
  const RetentionClock& clock;
  ReplaceableEnvironment& catalog;
  ReplaceableEnvironment& chunks;
};

}  // namespace mediafs
