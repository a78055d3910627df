#include "http/response_parser.h"

#include <algorithm>
#include <charconv>

#include "mediafs/base/text.h"

namespace mediafs {

namespace {

constexpr std::size_t kMaxBytes = 64_KiB;
constexpr std::size_t kMaxLines = 100;
constexpr int kMaxInterim = 8;

std::optional<std::uint64_t> parse_length(std::string_view text) {
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return length;
}

/// A line without its end, which is LF, or CR and LF.
std::string_view without_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// A field's name (RFC 9110 section 5.6.2): nothing else may stand before the colon.
bool is_token(std::string_view text) {
  constexpr std::string_view kAny =
      "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  return !text.empty() && text.find_first_not_of(kAny) == std::string_view::npos;
}

}  // namespace

std::optional<std::string_view> ResponseHead::find(std::string_view name) const {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const Header& header) { return header.name == name; });
  if (found == headers.end()) return std::nullopt;
  return found->value;
}

ResponseParser::Progress ResponseParser::refuse(std::string_view reason) {
  reason_ = reason;
  return Progress::refused;
}

bool ResponseParser::counts_too_many(std::string_view line) {
  bytes_ += line.size();
  return bytes_ > kMaxBytes || ++lines_ > kMaxLines;
}

ResponseParser::Progress ResponseParser::feed(std::string_view line) {
  if (counts_too_many(line)) return refuse("response headers too large");
  line = without_end(line);
  // libcurl ends a head at whatever begins with a CR.
  if (line.find_first_of(std::string_view("\r\0\n", 3)) != std::string_view::npos)
    return refuse("a bare CR, LF or NUL in a header line");
  if (!begun_) return start(line);
  if (!line.empty()) return add(line);
  if (head_.status >= 200) return finish();
  begun_ = false;
  return ++interim_ > kMaxInterim ? refuse("too many interim responses") : Progress::more;
}

ResponseParser::Progress ResponseParser::feed_trailer(std::string_view line) {
  if (!trailing_) lines_ = bytes_ = 0;
  trailing_ = true;
  return counts_too_many(line) ? refuse("response trailers too large") : Progress::more;
}

ResponseParser::Progress ResponseParser::start(std::string_view status_line) {
  head_ = {};
  begun_ = true;
  old_ = status_line.starts_with("HTTP/1.0 ");
  if (!old_ && !status_line.starts_with("HTTP/1.1 ")) return refuse("malformed status line");
  const std::string_view code = status_line.substr(9, 3);
  const std::string_view rest = status_line.substr(std::min<std::size_t>(12, status_line.size()));
  const auto [end, error] = std::from_chars(code.data(), code.data() + code.size(), head_.status);
  const bool valid = error == std::errc() && end == code.data() + 3 && head_.status >= 100 &&
                     head_.status < 600 && (rest.empty() || rest.front() == ' ');
  if (!valid) return refuse("malformed status line");
  return head_.status == 101 ? refuse("another protocol, which was not asked for") : Progress::more;
}

ResponseParser::Progress ResponseParser::add(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') return refuse("a folded header line, or one of blanks");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
    return refuse("malformed header line");
  head_.headers.push_back({lower_case(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1)))});
  return Progress::more;
}

ResponseParser::Progress ResponseParser::take_length(std::string_view value) {
  const auto length = parse_length(value);
  if (!length) return refuse("malformed Content-Length");
  if (head_.content_length && *head_.content_length != *length)
    return refuse("two different Content-Lengths");
  head_.content_length = length;
  return Progress::more;
}

ResponseParser::Progress ResponseParser::take_framing(std::string_view value) {
  if (lower_case(value) != "chunked" || head_.chunked) return refuse("unknown Transfer-Encoding");
  if (old_) return refuse("chunked framing in HTTP/1.0");
  head_.chunked = true;
  return Progress::more;
}

ResponseParser::Progress ResponseParser::take(const Header& header) {
  if (header.name == "content-length") return take_length(header.value);
  if (header.name == "transfer-encoding") return take_framing(header.value);
  if (header.name == "content-encoding" && lower_case(header.value) != "identity")
    return refuse("a Content-Encoding that was not asked for");
  if (header.name == "content-type" && lower_case(header.value).starts_with("multipart/"))
    return refuse("a body of several parts");
  return Progress::more;
}

ResponseParser::Progress ResponseParser::finish() {
  for (const Header& header : head_.headers) {
    if (take(header) == Progress::refused) return Progress::refused;
  }
  // RFC 9112 section 6.3: what request smuggling is made of.
  if (head_.chunked && head_.content_length) return refuse("both Content-Length and Transfer-Encoding");
  return Progress::complete;
}

}  // namespace mediafs
