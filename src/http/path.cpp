#include "http/path.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

namespace mediafs {

namespace {

constexpr int kEstablished = 1;  // TCP_ESTABLISHED, which glibc declares beside an older tcp_info
constexpr int kRoundTrips = 4;   // the first one may be lost, and the second

}  // namespace

std::optional<PathState> path_state(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  return PathState{
      .unacknowledged = info.tcpi_unacked > 0 || info.tcpi_notsent_bytes > 0,
      .round_trip = std::chrono::duration_cast<Duration>(std::chrono::microseconds(info.tcpi_rtt)),
      .established = info.tcpi_state == kEstablished};
}

bool seems_dead(const PathState& path, SteadyTime::duration waited) {
  return path.unacknowledged && waited >= std::max(kAcknowledgedWithin, kRoundTrips * path.round_trip);
}

}  // namespace mediafs
