#pragma once

#include <string>

#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"

namespace mediafs {

/// GETs `target` ("/status") over the unix socket at `socket`. Errc::not_found: nobody listens there;
/// Errc::denied: it may not be asked by us; Errc::timed_out: no answer within `patience`; Errc::protocol: any
/// other answer than 200, with its body as the error's context.
Result<std::string> get_from_socket(const std::string& socket, const std::string& target, Duration patience);

}  // namespace mediafs
