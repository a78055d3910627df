// Whether a connection on which nothing has been asked for has something to read.
#pragma once

#include "http/curl_handles.h"

namespace mediafs {

/// Of its socket: bytes, its end or an error.
bool has_unread_input(int socket);

/// Of the TLS session of the connection that the transfer has now, where it has one: records that OpenSSL has
/// taken from the socket (SSL_has_pending(3)). libcurl reads no more of a body than its length, so what came
/// in one record with its end stays there. True as well where TLS is not OpenSSL's, which cannot be asked.
bool has_unread_records(CURL* easy);

}  // namespace mediafs
