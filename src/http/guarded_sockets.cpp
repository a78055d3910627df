#include "http/guarded_sockets.h"

#include <sys/socket.h>

#include "http/address_policy.h"

namespace mediafs {

void GuardedSockets::guard(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &GuardedSockets::open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
}

curl_socket_t GuardedSockets::open(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto& sockets = *static_cast<GuardedSockets*>(self);
  if (is_forbidden_address(address->addr, address->addrlen)) {
    ++sockets.refused_;
    return CURL_SOCKET_BAD;
  }
  ++sockets.opened_;
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // namespace mediafs
