// Whether the way to a peer still leads there: TCP knows before HTTP does.
#pragma once

#include <optional>

#include "mediafs/base/clock.h"

namespace mediafs {

/// What the kernel knows of a TCP connection (tcp(7), TCP_INFO).
struct PathState {
  bool unacknowledged = false;  // something has been written that the peer has not acknowledged
  Duration round_trip{};        // as it has been lately
  bool established = true;      // neither closed by an end nor reset
};

/// Nothing where it is no TCP connection.
std::optional<PathState> path_state(int socket);

/// Whether to give the connection up, `waited` after a request was sent over it. One that is acknowledged is
/// only slow, however long it takes.
bool seems_dead(const PathState& path, SteadyTime::duration waited);

/// How long a request may take to be acknowledged, at the least.
inline constexpr Duration kAcknowledgedWithin{500};

}  // namespace mediafs
