#include "http/unread_input.h"

#include <sys/socket.h>

#include <cerrno>

#include <openssl/ssl.h>

namespace mediafs {

bool has_unread_input(int socket) {
  char byte = 0;
  return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN;
}

bool has_unread_records(CURL* easy) {
  curl_tlssessioninfo* session = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK) return true;
  if (session->internals == nullptr) return false;
  return session->backend != CURLSSLBACKEND_OPENSSL ||
         SSL_has_pending(static_cast<const SSL*>(session->internals)) != 0;
}

}  // namespace mediafs
