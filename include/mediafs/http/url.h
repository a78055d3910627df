#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"

namespace mediafs {

/// An absolute URL taken apart (RFC 3986, by libcurl's parser).
struct Url {
  std::string scheme;  // lower case
  std::string host;    // IPv6 addresses in brackets
  std::uint16_t port = 0;
  std::string path;  // at least "/"
  bool has_user = false;
  bool has_query = false;
  bool has_fragment = false;
};

/// invalid_argument where it is no URL with a host.
Result<Url> parse_url(std::string_view text);

/// The date formats of RFC 9110 section 5.6.7.
std::optional<UnixSeconds> parse_http_date(std::string_view text);

}  // namespace mediafs
