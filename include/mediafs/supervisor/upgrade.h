// `mediafs upgrade`: a supervisor is asked, by whoever owns it, to put another server in the place of its
// own.
#pragma once

#include <string>

#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"

namespace mediafs {

/// Asks the supervisor of the mount with that device number ("major:minor", as the mount table has it) and
/// waits until the new server serves. Errc::not_found: no supervisor answers. Errc::internal: it has not come
/// to that; the context says why, and the old server goes on. What it gives is for how long nobody has been
/// served.
Result<Duration> upgrade_server(const std::string& device);

}  // namespace mediafs
