// What to do when a stream has broken: a decision alone, no effects.
#pragma once

#include "mediafs/base/result.h"

namespace mediafs {

/// How a stream has ended before its time.
struct Breakage {
  Errc code = Errc::internal;
  bool cancelled = false;  // it was not wanted any more
  bool head_seen = false;
  bool is_range = false;          // it had not been asked for from the media's start
  bool ahead = false;             // nobody waited for it when it was asked for
  bool holds_back = false;        // nothing of it has been given out
  bool others_bring_all = false;  // that is waited for
};

enum class Recovery {
  none,         // nobody misses it; who waits by now has it begun anew
  fail,         // whoever waits for it is told
  ask_whole,    // at once, for the media from its start: the origin's word may be on the range alone
  drop_range,   // the same, but that others bring all
  retry,        // after a pause, from where it came to if that can be proved the same version, else the start
  retry_anew,   // after a pause, from the start: none of it can be told right from wrong
  version_bad,  // what readers have had of it was never the media's
};

Recovery recovery_from(const Breakage& breakage);

/// A gateway may have a word of its own for a range; what the API has to say of the media, such as that it
/// has been erased, it says of the whole too.
bool may_be_for_the_range(Errc code);

}  // namespace mediafs
