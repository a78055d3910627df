#include "mediafs/api/base_url.h"

#include <algorithm>

#include <fmt/format.h>

#include "mediafs/http/url.h"

namespace mediafs {

namespace {

bool is_loopback(std::string_view host) {
  const bool dotted_127 =
      host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || host == "[::1]" || dotted_127;
}

bool has_control_or_space(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
}

}  // namespace

Result<BaseUrl> BaseUrl::parse(std::string_view text, bool allow_http) {
  const auto refuse = [](std::string_view reason) {
    return Error{Errc::invalid_argument, fmt::format("the API URL {}", reason)};
  };
  if (has_control_or_space(text)) return refuse("has a space or control character in it");
  const auto url = parse_url(text);
  if (!url) return refuse("is not one: give https://HOST[:PORT][/PATH]");
  if (url->scheme != "https" && url->scheme != "http") return refuse("must begin with https://");
  if (url->scheme == "http" && !allow_http && !is_loopback(url->host)) {
    return refuse(
        "is http:// to another machine: every signature could be read on the way (--allow-http accepts "
        "that)");
  }
  if (url->has_user) return refuse("has a user name in it; credentials belong into a file (--credentials)");
  if (url->has_query || url->has_fragment) return refuse("has a query or fragment");

  std::string path = url->path;
  const auto drop_slashes = [&path] {
    while (path.ends_with('/')) path.pop_back();
  };
  drop_slashes();
  if (path.ends_with("/v1")) path.resize(path.size() - 3);
  drop_slashes();
  const std::string origin = fmt::format("{}://{}:{}", url->scheme, url->host, url->port);
  return BaseUrl(origin + path);
}

std::string BaseUrl::listing(const ListingKey& key) const {
  const bool of_attempt = key.kind == ListingKind::attempt_media;
  const bool attempts = key.kind == ListingKind::session_attempts;
  return fmt::format("{}/v1/{}/{}/{}", text_, of_attempt ? "attempts" : "sessions", key.id.text(),
                     attempts ? "attempts" : "media");
}

}  // namespace mediafs
