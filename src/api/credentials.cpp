#include "mediafs/api/credentials.h"

#include <algorithm>

#include <fmt/format.h>

#include "mediafs/base/text.h"
#include "mediafs/crypto/digest.h"

namespace mediafs {

namespace {

// Both go into headers or keys as they are.
bool fits_a_header(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

Error wrong_line(int number, std::string_view reason) {
  return {Errc::invalid_argument, fmt::format("credentials, line {}: {}", number, reason)};
}

}  // namespace

Result<Credentials> parse_credentials(std::string_view text) {
  Credentials credentials;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;

    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos)
      return wrong_line(number, "is neither api_key=… nor shared_secret=…");
    const std::string_view name = line.substr(0, equals);
    const std::string_view value = line.substr(equals + 1);
    if (value.empty()) return wrong_line(number, "has no value");
    if (!fits_a_header(value)) return wrong_line(number, "has a space or control character in its value");
    if (name == "shared_secret") {
      credentials.shared_secrets.emplace_back(value);
    } else if (name != "api_key") {
      return wrong_line(number, "is neither api_key=… nor shared_secret=…");
    } else if (!credentials.api_key.empty()) {
      return wrong_line(number, "is a second api_key");
    } else {
      credentials.api_key = SecretString(value);
    }
  }
  if (credentials.api_key.empty()) return Error{Errc::invalid_argument, "credentials: no api_key=…"};
  if (credentials.shared_secrets.empty())
    return Error{Errc::invalid_argument, "credentials: no shared_secret=…"};
  return credentials;
}

SecretString sign(const SecretString& secret, const MediaId& id) {
  const crypto::Digest digest = crypto::hmac_sha256(bytes_of(secret.reveal()), bytes_of(id.text()));
  return SecretString(to_hex(digest));
}

}  // namespace mediafs
