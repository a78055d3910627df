#include "api/refusal.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "api/api_error.h"
#include "mediafs/base/text.h"
#include "mediafs/http/url.h"

namespace mediafs {

namespace {

constexpr std::string_view kIdAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz-";
constexpr std::size_t kHexDigitsOfId = 32;
constexpr std::size_t kLongestSeparator = 3;  // bytes: UTF-8's hyphens have as many
constexpr std::size_t kLongestShownCode = 20;
constexpr std::size_t kLongestHost = 100;

/// As long as an id, and known to be none.
bool is_header_name(std::string_view run) {
  const std::string name = lower_case(run);
  return name == "x-hmac-signature" || name == "vrf-hmac-signature";
}

/// In any case.
std::string replaced(std::string text, std::string_view what, std::string_view instead) {
  if (what.empty()) return text;
  const std::string wanted = lower_case(what);
  std::string out;
  std::size_t from = 0;
  const std::string folded = lower_case(text);
  for (std::size_t at = folded.find(wanted); at != std::string::npos; at = folded.find(wanted, from)) {
    out.append(text, from, at - from).append(instead);
    from = at + wanted.size();
  }
  return out.append(text, from);
}

bool is_hex_digit(char c) {
  return std::isxdigit(static_cast<unsigned char>(c)) != 0;
}
bool is_separator(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) == 0;
}

/// Where a signature or UUID ends that begins at `at`, however its digits are grouped; `at`: there is none.
std::size_t end_of_grouped_hex(std::string_view text, std::size_t at) {
  std::size_t digits = 0;
  std::size_t end = at;
  while (at < text.size() && is_hex_digit(text[at])) {
    std::size_t group = at;
    while (group < text.size() && is_hex_digit(text[group])) ++group;
    if (group < text.size() && !is_separator(text[group])) break;  // a word
    digits += group - at;
    end = group;
    at = group;
    while (at < text.size() && at - group < kLongestSeparator && is_separator(text[at])) ++at;
  }
  return digits >= kHexDigitsOfId ? end : 0;
}

std::string without_grouped_hex(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const bool begins_word = at == 0 || is_separator(text[at - 1]);
    const std::size_t end = begins_word ? end_of_grouped_hex(text, at) : 0;
    out += end > at ? "(id)" : text.substr(at, 1);
    at = std::max(end, at + 1);
  }
  return out;
}

/// What may be the reason, for those that people meet.
std::string_view hint_for(const Refused& answer, const Refusal& refusal) {
  const bool not_found = answer.status == 404 || answer.status == 410;
  if (refusal.code == "1803") return "wrong base URL, region, or key and secret swapped?";
  if (answer.status == 403 && !refusal.by_api) return "allow list or firewall?";
  if (not_found && !refusal.by_api) return "is the API URL right?";
  if (not_found && answer.of_session) return "an attempt's id?";
  return {};
}

/// Of a redirect: the host alone, since the rest may be anything.
std::string host_in(std::string_view location, const Credentials& credentials) {
  const bool names_host = location.starts_with("//");
  if (location.starts_with('/') && !names_host) return "a place on the same host";
  const auto url = parse_url((names_host ? "https:" : "") + std::string(location));
  return url ? washed(url->host, credentials, kLongestHost) : "what is no URL";
}

}  // namespace

std::string redacted(std::string_view text, const Credentials& credentials) {
  std::string rest = replaced(std::string(text), credentials.api_key.reveal(), "(key)");
  for (const SecretString& secret : credentials.shared_secrets)
    rest = replaced(std::move(rest), secret.reveal(), "(secret)");
  rest = without_grouped_hex(replaced(std::move(rest), "%2d", "-"));  // as some gateways write a path
  std::string out;
  for (std::size_t at = 0; at < rest.size();) {
    const std::size_t end = std::min(rest.find_first_not_of(kIdAlphabet, at), rest.size());
    const std::string_view run = std::string_view(rest).substr(at, end - at);
    const bool may_be_id = run.size() >= MediaId::kMinLength && !is_header_name(run);
    out += may_be_id ? "(id)" : run;
    if (end < rest.size()) out.push_back(rest[end]);
    at = end + 1;
  }
  return out;
}

std::string washed(std::string_view text, const Credentials& credentials, std::size_t most) {
  return printable(redacted(text, credentials).substr(0, most));
}

Refusal refusal_of(const Refused& answer, const Credentials& credentials) {
  const bool says_yes = answer.status == 200 || answer.status == 206;
  const auto said = parse_api_error(answer.body);
  Refusal refusal{.error = {}, .code = said ? said->code : std::string(), .by_api = said.has_value()};
  refusal.error.code = meaning_of(says_yes ? 400 : answer.status, refusal.code);
  const bool says_there_is_none = answer.status == 404 || answer.status == 410;
  if (says_there_is_none && !refusal.by_api) refusal.error.code = Errc::not_found_by_gateway;
  std::string& context = refusal.error.context;
  context = fmt::format("HTTP {}", answer.status);
  if (said) {
    const std::string code = washed(said->code, credentials, kLongestShownCode);
    context += fmt::format(", code {}: {}", code.empty() ? "none" : code, washed(said->message, credentials));
  } else if (answer.status >= 300 && answer.status < 400 && !answer.location.empty()) {
    context += " to " + host_in(answer.location, credentials);
  }
  if (const auto hint = hint_for(answer, refusal); !hint.empty()) context += fmt::format(" ({})", hint);
  return refusal;
}

}  // namespace mediafs
