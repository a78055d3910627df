// `mediafs upgrade`: a supervisor is asked, by whoever owns it, to put another server in the place of its
// own.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"

namespace mediafs {

/// Asks the supervisor of the mount with that device number ("major:minor", as the mount table has it) and
/// waits until the new server serves. Gives for how long the mount was not served. Only an answer of our own
/// user, of root, and for root of `owner`, who mounted it, is taken: anybody can make a socket of that name.
/// Errc::not_found: no supervisor answers. Errc::timed_out: it does not say how it went within `patience`.
/// Errc::internal: the upgrade has failed; the context says why, in the supervisor's words, and the old
/// server goes on.
Result<Duration> upgrade_server(const std::string& device, std::optional<uid_t> owner,
                                Duration patience = std::chrono::seconds(60));

/// Whether the mount with that device number has a supervisor, which starts another server where one has
/// ended.
bool has_supervisor(const std::string& device);

}  // namespace mediafs
