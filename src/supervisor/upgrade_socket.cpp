#include "supervisor/upgrade_socket.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

#include "mediafs/supervisor/upgrade.h"

namespace mediafs {

namespace {

constexpr std::string_view kDone = "done ";
constexpr std::size_t kMostAnswer = 4096;

struct Address {
  sockaddr_un address{};
  socklen_t length = 0;
};

Address address_of(const std::string& device) {
  const std::string name = fmt::format("mediafs/{}", device);
  Address there;
  there.address.sun_family = AF_UNIX;
  std::memcpy(there.address.sun_path + 1, name.data(),
              std::min(name.size(), sizeof(there.address.sun_path) - 1));
  there.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  return there;
}

UniqueFd unix_socket() {
  return UniqueFd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
}

uid_t user_at(const UniqueFd& socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  return ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.uid : ~uid_t{0};
}

bool is_ours(const UniqueFd& socket) {
  const uid_t user = user_at(socket);
  return user == 0 || user == ::geteuid();
}

/// Neither connecting, where very many wait, nor an answer is waited for longer.
bool give_up_after(const UniqueFd& socket, Duration patience) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(patience);
  const timeval time{
      .tv_sec = whole.count(),
      .tv_usec = std::chrono::duration_cast<std::chrono::microseconds>(patience - whole).count()};
  return ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time)) == 0 &&
         ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)) == 0;
}

}  // namespace

bool UpgradeSocket::listen(const std::string& device) {
  listening_ = unix_socket();
  const Address here = address_of(device);
  const bool listens =
      listening_ &&
      ::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&here.address), here.length) == 0 &&
      ::listen(listening_.get(), 8) == 0;
  if (!listens) listening_.reset();
  return listens;
}

bool UpgradeSocket::accept() {
  UniqueFd client(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!client || !is_ours(client)) return false;
  waiting_.push_back(std::move(client));
  return true;
}

void UpgradeSocket::answer(const Result<Duration>& outcome) {
  const std::string text =
      outcome ? fmt::format("{}{}", kDone, outcome->count()) : outcome.error().context.substr(0, kMostAnswer);
  for (const UniqueFd& client : waiting_)
    static_cast<void>(::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL));  // or has gone
  waiting_.clear();
}

Result<Duration> upgrade_server(const std::string& device, std::optional<uid_t> owner, Duration patience) {
  const UniqueFd socket = unix_socket();
  const Address there = address_of(device);
  if (!socket || !give_up_after(socket, patience) ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&there.address), there.length) != 0)
    return Error{Errc::not_found, "no supervisor answers for this mount"};
  // Root asks on behalf of whoever mounted it.
  const bool owners = ::geteuid() == 0 && owner && user_at(socket) == *owner;
  if (!owners && !is_ours(socket)) return Error{Errc::not_found, "somebody else answers for this mount"};
  std::string answer(kMostAnswer, '\0');
  const ssize_t count = ::recv(socket.get(), answer.data(), answer.size(), 0);
  if (count < 0 && errno == EAGAIN) return Error{Errc::timed_out, "the supervisor does not answer"};
  if (count <= 0) return Error{Errc::internal, "the supervisor has ended"};
  answer.resize(static_cast<std::size_t>(count));
  if (!answer.starts_with(kDone)) return Error{Errc::internal, answer};
  Duration::rep paused = 0;
  std::from_chars(answer.data() + kDone.size(), answer.data() + answer.size(), paused);
  return Duration(paused);
}

}  // namespace mediafs
