#include "mediafs/control/sockets.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "control/unix_address.h"
#include "mediafs/base/parent_directories.h"

namespace mediafs {

namespace {

Error refused(const std::string& where) {
  return {Errc::internal,
          fmt::format("{}: {}", where, std::strerror(errno))};  // NOLINT(concurrency-mt-unsafe)
}

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Addresses addresses_of(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV | (host == "localhost" ? 0 : AI_NUMERICHOST);
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) found = nullptr;
  return {found, &::freeaddrinfo};
}

}  // namespace

Result<UniqueFd> listen_at_path(const std::string& path) {
  const std::filesystem::path whole = path;
  const std::string folder = whole.parent_path().string();
  const bool made = ::mkdir(folder.c_str(), 0755) == 0;
  if (!made && errno != EEXIST) return refused(folder);
  if (made) static_cast<void>(::chmod(folder.c_str(), 0755));  // whatever the umask
  if (Status checked = check_parent_directories(path, "the socket"); !checked) return checked.error();
  return listen_in_directory(folder, whole.filename().string());
}

Result<UniqueFd> listen_in_directory(const std::string& directory, const std::string& name) {
  const std::string path = directory + "/" + name;
  const UnixAddress address(path);
  if (!address.is_valid()) return refused(path);
  ::unlink(path.c_str());
  UniqueFd socket = unix_socket();
  // The file has the mode of the socket, so that nobody else can connect even at first.
  if (!socket || ::fchmod(socket.get(), 0600) != 0 || !address.bind(socket) ||
      ::listen(socket.get(), SOMAXCONN) != 0)
    return refused(path);
  return socket;
}

Result<UniqueFd> listen_at_abstract_name(const std::string& name) {
  UniqueFd socket = unix_socket();
  if (!socket || !UnixAddress('@' + name).bind(socket) || ::listen(socket.get(), SOMAXCONN) != 0)
    return refused(name);
  return socket;
}

Result<UniqueFd> listen_at_address(const std::string& address) {
  const Error malformed{Errc::invalid_argument, fmt::format("'{}' is no ADDRESS:PORT", address)};
  const std::size_t colon = address.rfind(':');
  std::string host = colon == std::string::npos ? "" : address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) host = "127.0.0.1";
  const std::string port = address.substr(colon + 1);  // npos + 1 is 0
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size()) return malformed;
  const Addresses found = addresses_of(host, port);
  if (!found) return malformed;
  UniqueFd socket(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  if (socket) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (!socket || ::bind(socket.get(), found->ai_addr, found->ai_addrlen) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0)
    return refused(address);
  return socket;
}

}  // namespace mediafs
