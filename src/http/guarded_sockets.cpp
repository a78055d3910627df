#include "http/guarded_sockets.h"

#include <sys/socket.h>

#include "http/address_policy.h"

namespace mediafs {

void GuardedSockets::guard(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &GuardedSockets::open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &OpenSockets::close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, &all_);
}

curl_socket_t GuardedSockets::open(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto& sockets = *static_cast<GuardedSockets*>(self);
  if (is_forbidden_address(address->addr, address->addrlen)) {
    ++sockets.refused_;
    return CURL_SOCKET_BAD;
  }
  ++sockets.opened_;
  const int opened = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (opened >= 0) sockets.all_.add(opened);
  return opened;
}

}  // namespace mediafs
