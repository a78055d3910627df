// What the kernel says of the TCP connections of this network namespace.
#pragma once

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace mediafs {

struct TcpConnection {
  int local_port = 0;
  int peer_port = 0;
  bool unacknowledged = false;  // something that was sent over it
  bool closed_by_peer = false;
};

/// Those that their clients have not closed, by the clients' ends. proc(5): addresses and sizes are hex,
/// state 01 is established, and 08 closed by the peer.
inline std::vector<TcpConnection> tcp_connections_to(std::uint16_t port) {
  const auto number = [](const std::string& text) { return std::stoi(text, nullptr, 16); };
  const auto port_of = [&](const std::string& at) { return number(at.substr(at.find(':') + 1)); };
  std::vector<TcpConnection> found;
  std::ifstream table("/proc/self/net/tcp");
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    std::istringstream columns(line);
    std::string slot;
    std::string local;
    std::string peer;
    std::string state;
    std::string queues;
    columns >> slot >> local >> peer >> state >> queues;
    const TcpConnection connection{port_of(local), port_of(peer), number(queues) > 0, state == "08"};
    if ((state == "01" || state == "08") && connection.peer_port == port) found.push_back(connection);
  }
  return found;
}

/// The same, as a set of nft(8).
inline std::string client_ports_to(std::uint16_t port) {
  std::string ports;
  for (const TcpConnection& connection : tcp_connections_to(port))
    ports += (ports.empty() ? "" : ", ") + std::to_string(connection.local_port);
  return "{" + ports + "}";
}

}  // namespace mediafs
