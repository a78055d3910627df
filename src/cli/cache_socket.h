// The socket in a cache's directory, and both of its ends: the process that has the cache open, a server or a
// cache command, and who asks it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/cache_requests.h"
#include "mediafs/control/control_socket.h"

namespace mediafs {

/// The end of the process that has the cache in that directory open. Where it cannot be had that is logged,
/// and null.
std::unique_ptr<ControlSocket> socket_in_cache(const std::string& directory, ControlService::Handler handler);

/// Whether a process has the cache open that is ours to ask.
bool has_holder(const std::string& directory);

/// For people, who has the cache of that directory open: "mediafs (4711), which serves /mnt/media". "another
/// server or cache command" where it does not say within a second.
std::string holder_of_cache(const std::string& directory);

/// Asks a cache command that has the cache open to end, since a server needs it. True: one has, and ends
/// soon.
bool ask_to_give_way(const std::string& directory);

/// Sends the request and gives the answer; nothing where there is nobody to ask. Errc::unavailable: it has
/// not answered. Errc::cancelled: it ended before it was done. Errc::protocol: it is of another version.
std::optional<Result<CacheAnswer>> ask_server(const std::string& directory, const CacheRequest& request,
                                              const CacheProgress& progress);

}  // namespace mediafs
