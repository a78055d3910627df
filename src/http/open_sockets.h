#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "http/curl_handles.h"

namespace mediafs {

/// Both ends of a connection, as CURLOPT_PREREQFUNCTION names them.
struct Ends {
  std::string local_address;
  int local_port = 0;
  std::string peer_address;
  int peer_port = 0;

  bool operator==(const Ends&) const = default;
};

/// Nothing where it is not connected.
std::optional<Ends> ends_of(int socket);

/// The sockets that libcurl has open: it does not say over which one a transfer runs (CURLINFO_ACTIVESOCKET
/// tells when it has ended), but what its ends are. One thread at a time.
class OpenSockets {
 public:
  void add(int socket) { sockets_.emplace(socket, std::nullopt); }
  /// Looks at every one.
  [[nodiscard]] std::optional<int> find(const Ends& ends);

  /// A CURLOPT_CLOSESOCKETFUNCTION, whose data is the OpenSockets.
  static int close(void* self, curl_socket_t socket);

 private:
  std::unordered_map<int, std::optional<Ends>> sockets_;  // their ends, once they have been asked for
};

}  // namespace mediafs
