#pragma once

#include <optional>
#include <stop_token>

#include "cli/exit_code.h"
#include "cli/mount_command.h"
#include "mediafs/api/base_url.h"
#include "mediafs/api/credentials.h"
#include "mediafs/api/media_source.h"
#include "mediafs/base/clock.h"
#include "mediafs/base/timer.h"

namespace mediafs {

/// Asks for the media of a session that cannot be, by one signed request (and its retries, where it fails):
/// what the API says to that tells whether it is there and takes the credentials. ExitCode::ok, credentials,
/// unreachable, throttled or not_the_api, and words for people, without ids. Waits for `patience` at most, or
/// until `stop` is requested; not on a thread that the answer comes by (the timer's, the http client's).
Exit probe_api(MediaSource& source, const Timer& timer, Duration patience, const std::stop_token& stop = {});

/// The same by a client of its own, which knows nothing of what was answered before.
Exit probe_api(const MountCommand& command, const BaseUrl& base, const Credentials& credentials,
               const std::stop_token& stop = {});

/// Before a mount: whether anything can be reached at the URL, and with --probe what it is. Why not to mount.
/// That it throttles is no reason, nor that it does not answer where something is known already; that is
/// warned of.
std::optional<Exit> check_api_at_start(const MountCommand& command, const BaseUrl& base,
                                       const Credentials& credentials, bool something_known);

/// What the answer means. Pure.
Exit verdict_on(const Result<Listing>& answer);

}  // namespace mediafs
