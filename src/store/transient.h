#pragma once

#include "mediafs/base/result.h"

namespace mediafs {

/// The origin may say something else later, and nothing speaks against what is known. This is not what is
/// tried again: that is for kind_of to say, in src/api/retry.cpp.
inline bool is_transient(Errc code) {
  switch (code) {
    case Errc::unreachable:
    case Errc::unavailable:
    case Errc::untrusted:
    case Errc::timed_out:
    case Errc::throttled:
    case Errc::not_found_by_gateway:
    case Errc::impossible_id:
      return true;
    default:
      return false;
  }
}

}  // namespace mediafs
