#include "mediafs/control/control_client.h"

#include <memory>

#include <curl/curl.h>

namespace mediafs {

namespace {

constexpr std::size_t kMostBytes = 64 * 1024 * 1024;

std::size_t append(char* piece, std::size_t size, std::size_t count, void* text) {
  auto& body = *static_cast<std::string*>(text);
  if (body.size() + size * count > kMostBytes) return 0;
  body.append(piece, size * count);
  return size * count;
}

Error error_of(CURLcode code, const std::string& socket) {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      return {Errc::not_found, "nobody answers at " + socket};
    case CURLE_OPERATION_TIMEDOUT:
      return {Errc::timed_out, "no answer at " + socket};
    default:
      return {Errc::protocol, std::string(::curl_easy_strerror(code)) + " at " + socket};
  }
}

}  // namespace

Result<std::string> get_from_socket(const std::string& socket, const std::string& target, Duration patience) {
  const std::unique_ptr<CURL, decltype(&::curl_easy_cleanup)> handle(::curl_easy_init(),
                                                                     &::curl_easy_cleanup);
  if (!handle) return Error{Errc::internal, "no memory"};
  std::string body;
  ::curl_easy_setopt(handle.get(), CURLOPT_URL, ("http://localhost" + target).c_str());
  ::curl_easy_setopt(handle.get(), CURLOPT_UNIX_SOCKET_PATH, socket.c_str());
  ::curl_easy_setopt(handle.get(), CURLOPT_PROXY, "");  // nor the environment's
  ::curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(patience.count()));
  ::curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, &append);
  ::curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &body);
  const CURLcode code = ::curl_easy_perform(handle.get());
  if (code != CURLE_OK) return error_of(code, socket);
  long status = 0;
  ::curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status == 403) return Error{Errc::denied, body};
  if (status != 200) return Error{Errc::protocol, body};
  return body;
}

}  // namespace mediafs
