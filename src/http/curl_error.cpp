#include "http/curl_error.h"

namespace mediafs {

namespace {

// By number, since this may be built with older headers than the library that it runs with.
constexpr int kTooLarge = 100;       // CURLE_TOO_LARGE, since 8.6
constexpr int kNewestInTable = 101;  // CURLE_ECH_REQUIRED, since 8.8

}  // namespace

Errc errc_of(CURLcode code) {
  const int number = code;
  switch (number) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return Errc::untrusted;
    case CURLE_OPERATION_TIMEDOUT:
      return Errc::timed_out;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PROXY:
      return Errc::unreachable;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SSL_SHUTDOWN_FAILED:
    case CURLE_AGAIN:
    case CURLE_NO_CONNECTION_AVAILABLE:
    case CURLE_SSL_CLIENTCERT:
      return Errc::unavailable;
    case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9, as a garbage status line looks
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_WRITE_ERROR:
    case CURLE_OUT_OF_MEMORY:  // before 8.6 also of a header line beyond libcurl's own limit
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_FILESIZE_EXCEEDED:  // a Content-Length beyond 63 bits
    case kTooLarge:                // a header line, or all of them together
      return Errc::protocol;
    default:
      // Those in the table that are left are of what no GET of ours asks for: other protocols, uploads,
      // client certificates, engines; or of a wrong use of libcurl.
      return number <= kNewestInTable ? Errc::internal : Errc::protocol;
  }
}

Error error_of(CURLcode code) {
  const Errc errc = errc_of(code);
  const std::string text = curl_easy_strerror(code);
  return {errc, errc == Errc::untrusted ? "TLS: " + text : text};
}

}  // namespace mediafs
