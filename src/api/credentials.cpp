#include "mediafs/api/credentials.h"

#include <algorithm>
#include <cctype>
#include <set>

#include <fmt/format.h>

#include "mediafs/base/text.h"
#include "mediafs/crypto/digest.h"

namespace mediafs {

namespace {

constexpr std::size_t kShortestSecret = 16;

// Both go into headers or keys as they are.
bool fits_a_header(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool is_quote(char c) {
  return c == '"' || c == '\'';
}

std::string_view without_quotes(std::string_view value) {
  const bool quoted = value.size() >= 2 && is_quote(value.front()) && value.back() == value.front();
  return quoted ? trimmed(value.substr(1, value.size() - 2)) : value;
}

/// What people write who know the line from other files.
std::string_view why_no_name(std::string_view line) {
  constexpr std::string_view kNames[] = {"api_key", "shared_secret"};
  if (line.starts_with("export ") || line.starts_with("export\t"))
    return "begins with \"export\": leave that out";
  for (const std::string_view name : kNames) {
    const bool begins = line.starts_with(name);
    if (begins && trimmed(line.substr(name.size())).starts_with(':')) return "has a : where a = should stand";
  }
  return "is neither api_key=… nor shared_secret=…";
}

Error wrong_line(int number, std::string_view reason) {
  return {Errc::invalid_argument, fmt::format("credentials, line {}: {}", number, reason)};
}

}  // namespace

Result<Credentials> parse_credentials(std::string_view text) {
  Credentials credentials;
  if (text.starts_with("\xEF\xBB\xBF"))
    return wrong_line(1, "begins with a byte order mark: save the file as plain UTF-8, without one");
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;

    const std::size_t equals = std::min(line.find('='), line.size());
    const std::string_view name = trimmed(line.substr(0, equals));
    if (name != "api_key" && name != "shared_secret") return wrong_line(number, why_no_name(line));
    const std::string_view value = without_quotes(trimmed(line.substr(std::min(equals + 1, line.size()))));
    if (value.empty()) return wrong_line(number, "has no value");
    if (!fits_a_header(value)) return wrong_line(number, "has a space or control character in its value");
    if (name == "shared_secret") {
      credentials.shared_secrets.emplace_back(value);
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

std::vector<std::string> doubts_about(const Credentials& credentials) {
  std::vector<std::string> doubts;
  const std::string_view key = credentials.api_key.reveal();
  if (!is_uuid(key)) doubts.emplace_back("the API key is no UUID, as the API's are");
  std::set<std::string_view> seen;
  int number = 0;
  for (const SecretString& secret : credentials.shared_secrets) {
    const std::string_view text = secret.reveal();
    const std::string which = fmt::format("shared secret {} ", ++number);
    if (text == key) doubts.push_back(which + "is the API key");
    if (!seen.insert(text).second) doubts.push_back(which + "stands there twice");
    if (text.size() < kShortestSecret) doubts.push_back(which + "is too short to be one");
    if (is_quote(text.front()) || is_quote(text.back()))
      doubts.push_back(which + "has a quote at one of its ends");
  }
  return doubts;
}

SecretString sign(const SecretString& secret, const MediaId& id) {
  const crypto::Digest digest = crypto::hmac_sha256(bytes_of(secret.reveal()), bytes_of(id.text()));
  return SecretString(to_hex(digest));
}

}  // namespace mediafs
