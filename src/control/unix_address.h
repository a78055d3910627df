#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>

#include "mediafs/base/unique_fd.h"

namespace mediafs {

/// The address of a unix socket, unix(7). It has room for a path of 107 bytes: a longer one is given by way
/// of its directory's descriptor, which this keeps open.
class UnixAddress {
 public:
  /// A path, or "@" and a name in the abstract name space.
  explicit UnixAddress(const std::string& where);

  /// False: no address can say that; errno tells why.
  [[nodiscard]] bool is_valid() const { return size_ > 0; }
  /// Without "@", and short enough for an address; for who makes one of its own.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool is_abstract() const { return is_abstract_; }
  [[nodiscard]] bool bind(const UniqueFd& socket) const;
  [[nodiscard]] bool connect(const UniqueFd& socket) const;

 private:
  const bool is_abstract_;
  std::string text_;
  sockaddr_un address_{};
  socklen_t size_ = 0;
  UniqueFd directory_;
};

/// A stream.
UniqueFd unix_socket();

}  // namespace mediafs
