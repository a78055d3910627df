#pragma once

#include <optional>
#include <string>

#include "api/gate.h"
#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"

namespace mediafs {

/// A request that has not brought what was asked for.
struct FailedAttempt {
  Error error;
  int status = 0;       // of the response; 0: none came
  std::string code;     // the API's own, where its body had one
  bool by_api = false;  // the body is the API's
  bool cut = false;     // the response did not come to its end
  std::optional<Duration> retry_after;
};

/// What it says of the origin. One that was cancelled says nothing.
Gate::Outcome outcome_of(const FailedAttempt& attempt);

}  // namespace mediafs
