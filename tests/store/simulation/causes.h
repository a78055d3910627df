// Which failures a reader may see, and why.
#pragma once

#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"
#include "store/simulation/origin_media.h"

namespace mediafs::simulation {

/// Everything that may be the cause of a failure.
struct Circumstances {
  SteadyTime asked;
  bool stopped = false;     // whoever asked waits no more, or the store stops
  bool superseded = false;  // the version has been erased, or the origin has sent what is not of it
  bool is_find = false;     // nobody had a version yet
  SteadyTime erased = kNever;
  SteadyTime last_fault = kNever;  // of the origin, whatever media it was of
  const Said& said;                // of this media
};

/// The rules. False: nothing that has happened explains the failure.
bool has_cause(Errc failure, const Circumstances& c);

/// For how long a failure is remembered (store/download/recent_failure.h), and a moment.
inline constexpr Duration kRemembered{1'100};
/// For how long "no such media" is believed (MediaStore::Options::negative_ttl), and a moment.
inline constexpr Duration kAbsentFor{10'100};
/// As old as the setback can be that a wait of 30 s ends with, which the store has met before that wait.
inline constexpr Duration kOldestSetback{62'000};

}  // namespace mediafs::simulation
