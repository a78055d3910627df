#include "control/unix_address.h"

#include <fcntl.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>

#include <fmt/format.h>

namespace mediafs {

UnixAddress::UnixAddress(const std::string& where)
    : is_abstract_(where.starts_with('@')), text_(where.substr(is_abstract_ ? 1 : 0)) {
  address_.sun_family = AF_UNIX;
  const std::size_t at = is_abstract_ ? 1 : 0;
  if (!is_abstract_ && text_.size() >= sizeof(address_.sun_path)) {
    const std::filesystem::path path = where;
    directory_ = UniqueFd(::open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!directory_) return;
    text_ = fmt::format("/proc/self/fd/{}/{}", directory_.get(), path.filename().string());
  }
  if (at + text_.size() >= sizeof(address_.sun_path)) {
    errno = ENAMETOOLONG;
    return;
  }
  text_.copy(address_.sun_path + at, text_.size());
  size_ = is_abstract_ ? static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + at + text_.size())
                       : sizeof(address_);
}

bool UnixAddress::bind(const UniqueFd& socket) const {
  return is_valid() && ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address_), size_) == 0;
}

bool UnixAddress::connect(const UniqueFd& socket) const {
  return is_valid() && ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address_), size_) == 0;
}

UniqueFd unix_socket() {
  return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

}  // namespace mediafs
