// libcurl's handles, owned; included by the http floor alone.
#pragma once

#include <cstring>
#include <memory>

#include <curl/curl.h>

#include "mediafs/base/result.h"

namespace mediafs {

/// curl_global_init, once, by whoever comes first: no curl before fork.
inline void ensure_curl_initialised() {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(initialised);
}

struct EasyCleanup {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using EasyHandle = std::unique_ptr<CURL, EasyCleanup>;

struct MultiCleanup {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
using MultiHandle = std::unique_ptr<CURLM, MultiCleanup>;

struct HeaderListCleanup {
  // The lines hold the request's signature; libcurl would free them as they are.
  void operator()(curl_slist* list) const {
    for (curl_slist* line = list; line != nullptr; line = line->next) {
      ::explicit_bzero(line->data, std::strlen(line->data));
    }
    curl_slist_free_all(list);
  }
};
using HeaderList = std::unique_ptr<curl_slist, HeaderListCleanup>;

/// What a CURLcode means to the floors above. Messages are libcurl's fixed strings: no URL, no header.
inline Error error_of(CURLcode code) {
  const std::string text = curl_easy_strerror(code);
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return {Errc::untrusted, "TLS: " + text};
    case CURLE_OPERATION_TIMEDOUT:
      return {Errc::timed_out, text};
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9, as a garbage status line looks
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_OUT_OF_MEMORY:  // what libcurl says of a header line beyond its own limit, too
    case CURLE_WRITE_ERROR:
      return {Errc::protocol, text};
    case CURLE_URL_MALFORMAT:
    case CURLE_FAILED_INIT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
      return {Errc::internal, text};
    default:
      return {Errc::unavailable, text};
  }
}

}  // namespace mediafs
