#pragma once

#include <sys/socket.h>

#include <array>
#include <cstring>
#include <span>

namespace mediafs {

/// Descriptors that go with a message: SCM_RIGHTS, unix(7). Lives as long as the message.
class Rights {
 public:
  static constexpr std::size_t kMost = 8;

  /// At most kMost are sent.
  void attach(msghdr& message, std::span<const int> descriptors) {
    descriptors = descriptors.first(std::min(descriptors.size(), kMost));
    if (descriptors.empty()) return;
    message.msg_control = room_.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* const rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
  }

  /// For a message that is received.
  void make_room(msghdr& message) {
    message.msg_control = room_.data();
    message.msg_controllen = room_.size();
  }

 private:
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMost * sizeof(int))> room_{};
};

}  // namespace mediafs
