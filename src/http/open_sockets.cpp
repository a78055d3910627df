#include "http/open_sockets.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

namespace mediafs {

namespace {

using NameCall = int (*)(int, sockaddr*, socklen_t*);  // getsockname(2) or getpeername(2)

std::optional<std::pair<std::string, int>> name_of(int socket, NameCall call) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (call(socket, generic, &size) != 0) return std::nullopt;
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> service{};
  if (::getnameinfo(generic, size, host.data(), host.size(), service.data(), service.size(),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return std::nullopt;
  int port = 0;
  std::from_chars(service.data(), service.data() + std::strlen(service.data()), port);
  const std::string_view text(host.data());
  return std::pair(std::string(text.substr(0, text.find('%'))), port);  // libcurl names no scope
}

}  // namespace

std::optional<Ends> ends_of(int socket) {
  const auto local = name_of(socket, &::getsockname);
  const auto peer = name_of(socket, &::getpeername);
  if (!local || !peer) return std::nullopt;
  return Ends{local->first, local->second, peer->first, peer->second};
}

std::optional<int> OpenSockets::find(const Ends& ends) {
  for (auto& [socket, its_ends] : sockets_) {
    if (!its_ends) its_ends = ends_of(socket);
    if (its_ends == ends) return socket;
  }
  return std::nullopt;
}

int OpenSockets::close(void* self, curl_socket_t socket) {
  static_cast<OpenSockets*>(self)->sockets_.erase(socket);
  return ::close(socket);
}

}  // namespace mediafs
