#include "store/simulation/causes.h"

namespace mediafs::simulation {

namespace {

bool said_since(const Circumstances& c, Errc code, Duration before) {
  const SteadyTime last = c.said.last(code);
  return last != kNever && last >= c.asked - before;
}

/// The origin has failed like this since the question, or a moment before it: that is remembered. What was
/// asked while there were faults may also hear of those that the store had been trying to get over since.
bool origin_failed(const Circumstances& c, Errc code) {
  const bool among_faults = c.last_fault != kNever && c.asked <= c.last_fault + kRemembered;
  return said_since(c, code, among_faults ? kOldestSetback : kRemembered);
}

}  // namespace

bool has_cause(Errc failure, const Circumstances& c) {
  switch (failure) {
    case Errc::cancelled:  // for nobody but who has stopped waiting; and at stop()
      return c.stopped;
    case Errc::changed:  // an open version came to its end; who looks for one hears it of an erasure alone
      return c.is_find ? c.erased != kNever && c.erased >= c.asked : c.superseded;
    case Errc::not_found:  // the origin's word, believed for a time; an id that it dislikes is as absent
      return said_since(c, failure, kAbsentFor) || said_since(c, Errc::impossible_id, kAbsentFor);
    case Errc::timed_out:    // something hung, stood still or was slow
    case Errc::unreachable:  // these were all met at the origin
    case Errc::unavailable:
    case Errc::untrusted:
    case Errc::throttled:
    case Errc::not_found_by_gateway:
    case Errc::impossible_id:
    case Errc::invalid_argument:
    case Errc::denied:
    case Errc::outside_api:
    case Errc::protocol:
    case Errc::corrupt:
      return origin_failed(c, failure);
    case Errc::too_large:  // nothing here is beyond a cap
    case Errc::no_space:   // a cache that is full fails nobody's read
    case Errc::not_directory:
    case Errc::is_directory:
    case Errc::name_too_long:
    case Errc::internal:
      return false;
  }
  return false;
}

}  // namespace mediafs::simulation
