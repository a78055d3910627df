#include "mediafs/http/url.h"

#include <charconv>
#include <new>

#include "http/curl_handles.h"

namespace mediafs {

namespace {

struct UrlCleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using UrlHandle = std::unique_ptr<CURLU, UrlCleanup>;

std::optional<std::string> part(const UrlHandle& url, CURLUPart what, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), what, &text, flags) != CURLUE_OK) return std::nullopt;
  std::string copy(text);
  curl_free(text);
  return copy;
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  const UrlHandle handle(curl_url());
  if (!handle) throw std::bad_alloc();
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos ||
      curl_url_set(handle.get(), CURLUPART_URL, terminated.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return Error{Errc::invalid_argument, "not a URL"};
  }
  const auto host = part(handle, CURLUPART_HOST);
  const auto port = part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  if (!host || host->empty()) return Error{Errc::invalid_argument, "a URL without a host"};
  Url url{
      .scheme = part(handle, CURLUPART_SCHEME).value_or(""),
      .host = *host,
      .path = part(handle, CURLUPART_PATH).value_or("/"),
      .has_user = part(handle, CURLUPART_USER).has_value() || part(handle, CURLUPART_PASSWORD).has_value(),
      .has_query = text.find('?') != std::string_view::npos,
      .has_fragment = text.find('#') != std::string_view::npos};
  if (port) std::from_chars(port->data(), port->data() + port->size(), url.port);
  return url;
}

std::optional<UnixSeconds> parse_http_date(std::string_view text) {
  const time_t seconds = curl_getdate(std::string(text).c_str(), nullptr);
  if (seconds == -1) return std::nullopt;
  return seconds;
}

}  // namespace mediafs
