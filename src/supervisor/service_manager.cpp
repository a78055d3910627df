#include "supervisor/service_manager.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include <fmt/format.h>

#include "supervisor/rights.h"

namespace mediafs {

namespace {

constexpr int kFirstListened = 3;  // SD_LISTEN_FDS_START

std::string take_variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): there is one thread
  const std::string taken = value == nullptr ? "" : value;
  ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
  return taken;
}

/// unix(7): a path, or a name of its own space behind an @.
std::optional<sockaddr_un> address_of(const std::string& name, socklen_t& length) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.empty() || name.size() >= sizeof(address.sun_path)) return std::nullopt;
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name.front() == '@') address.sun_path[0] = '\0';
  length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  return address;
}

}  // namespace

ServiceManager::ServiceManager() : address_(take_variable("NOTIFY_SOCKET")) {
  keeps_ = std::atoi(take_variable("FDSTORE").c_str()) > 0;
  const bool for_us = take_variable("LISTEN_PID") == std::to_string(::getpid());
  const int count = std::atoi(take_variable("LISTEN_FDS").c_str());
  std::istringstream names(take_variable("LISTEN_FDNAMES"));
  std::string name;
  for (int i = 0; for_us && i < count && std::getline(names, name, ':'); ++i) {
    ::fcntl(kFirstListened + i, F_SETFD, FD_CLOEXEC);
    kept_.emplace_back(name, UniqueFd(kFirstListened + i));
  }
}

void ServiceManager::tell(const std::string& state, const std::vector<int>& descriptors) const {
  socklen_t length = 0;
  auto address = address_of(address_, length);
  const UniqueFd socket(address ? ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1);
  if (!socket) return;
  std::string text = state;
  iovec piece{text.data(), text.size()};
  msghdr message{};
  message.msg_name = &*address;
  message.msg_namelen = length;
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  Rights rights;
  rights.attach(message, descriptors);
  static_cast<void>(::sendmsg(socket.get(), &message, MSG_NOSIGNAL));  // as sd_notify's callers do
}

void ServiceManager::keep(const std::string& name, int descriptor) const {
  tell(fmt::format("FDSTORE=1\nFDPOLL=0\nFDNAME={}", name), {descriptor});
}

void ServiceManager::forget(const std::string& name) const {
  tell(fmt::format("FDSTOREREMOVE=1\nFDNAME={}", name));
}

std::optional<UniqueFd> ServiceManager::kept(const std::string& name) {
  const auto found = std::ranges::find(kept_, name, &std::pair<std::string, UniqueFd>::first);
  if (found == kept_.end()) return std::nullopt;
  UniqueFd descriptor = std::move(found->second);
  kept_.erase(found);
  return descriptor;
}

}  // namespace mediafs
