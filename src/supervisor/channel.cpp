#include "mediafs/supervisor/channel.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "supervisor/rights.h"

namespace mediafs {

namespace {

constexpr std::size_t kMostText = 4096;

struct Head {
  std::uint32_t version = Channel::kVersion;
  Message::Kind kind{};
  std::uint32_t code = 0;
};

std::vector<UniqueFd> descriptors_of(msghdr& message) {
  std::vector<UniqueFd> descriptors;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
      descriptors.emplace_back(descriptor);
    }
  }
  return descriptors;
}

}  // namespace

Result<std::pair<UniqueFd, UniqueFd>> Channel::make() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return Error{Errc::internal, std::string("no socket: ") + std::strerror(errno)};  // NOLINT
  return std::pair(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

bool Channel::send(Message::Kind kind, std::uint32_t code, const std::string& text,
                   std::span<const int> descriptors) const {
  Head head{.kind = kind, .code = code};
  std::string shown = text.substr(0, kMostText);
  iovec pieces[] = {{&head, sizeof(head)}, {shown.data(), shown.size()}};
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = 2;
  Rights rights;
  rights.attach(message, descriptors);
  ssize_t sent = 0;
  while ((sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL)) < 0 && errno == EINTR) {
  }
  return sent >= 0;
}

std::optional<Message> Channel::receive() const {
  Head head;
  std::string text(kMostText, '\0');
  iovec pieces[] = {{&head, sizeof(head)}, {text.data(), text.size()}};
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = 2;
  Rights rights;
  rights.make_room(message);
  ssize_t count = 0;
  while ((count = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
  }
  if (count < 0) return std::nullopt;
  Message received{.descriptors = descriptors_of(message)};
  if (count < static_cast<ssize_t>(sizeof(head)) || head.version != kVersion) return std::nullopt;
  text.resize(static_cast<std::size_t>(count) - sizeof(head));
  received.kind = head.kind;
  received.code = head.code;
  received.text = std::move(text);
  return received;
}

}  // namespace mediafs
