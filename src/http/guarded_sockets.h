#pragma once

#include "http/curl_handles.h"
#include "http/open_sockets.h"

namespace mediafs {

/// Opens the sockets of one libcurl handle: none to a forbidden address, whatever name led there. It must
/// outlive the handle's last transfer; one thread at a time.
class GuardedSockets {
 public:
  /// `all` is told of each and must outlive their connections, which may outlive the handle.
  explicit GuardedSockets(OpenSockets& all) : all_(all) {}
  ~GuardedSockets() = default;
  GuardedSockets(const GuardedSockets&) = delete;
  GuardedSockets& operator=(const GuardedSockets&) = delete;

  void guard(CURL* easy);

  /// No connection was made, since every address was a forbidden one.
  [[nodiscard]] bool all_forbidden() const { return refused_ > 0 && opened_ == 0; }

 private:
  static curl_socket_t open(void* self, curlsocktype purpose, curl_sockaddr* address);

  OpenSockets& all_;
  int opened_ = 0;
  int refused_ = 0;
};

}  // namespace mediafs
