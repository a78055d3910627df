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

ResponseParser::Progress ResponseParser::feed(std::string_view line) {
  bytes_ += line.size();
  if (bytes_ > kMaxBytes || ++lines_ > kMaxLines) return refuse("response headers too large");
  if (line.starts_with("HTTP/")) return start(line);
  if (trimmed(line).empty()) {
    if (head_.status >= 200) return finish();
    return ++interim_ > kMaxInterim ? refuse("too many interim responses") : Progress::more;
  }
  return add(line);
}

ResponseParser::Progress ResponseParser::start(std::string_view status_line) {
  head_ = {};
  const std::size_t space = status_line.find(' ');
  if (space == std::string_view::npos) return refuse("malformed status line");
  const std::string_view code = status_line.substr(space + 1, 3);
  const auto [end, error] = std::from_chars(code.data(), code.data() + code.size(), head_.status);
  const bool valid =
      error == std::errc() && end == code.data() + 3 && head_.status >= 100 && head_.status < 600;
  return valid ? Progress::more : refuse("malformed status line");
}

ResponseParser::Progress ResponseParser::add(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') return refuse("folded header line");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return refuse("malformed header line");
  head_.headers.push_back({lower_case(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1)))});
  return Progress::more;
}

ResponseParser::Progress ResponseParser::finish() {
  for (const Header& header : head_.headers) {
    if (header.name == "content-length") {
      const auto length = parse_length(header.value);
      if (!length) return refuse("malformed Content-Length");
      if (head_.content_length && *head_.content_length != *length)
        return refuse("two different Content-Lengths");
      head_.content_length = length;
    } else if (header.name == "transfer-encoding") {
      if (lower_case(header.value) != "chunked") return refuse("unknown Transfer-Encoding");
      head_.chunked = true;
    } else if (header.name == "content-encoding" && lower_case(header.value) != "identity") {
      return refuse("a Content-Encoding that was not asked for");
    }
  }
  // RFC 9112 section 6.3: what request smuggling is made of.
  if (head_.chunked && head_.content_length) return refuse("both Content-Length and Transfer-Encoding");
  return Progress::complete;
}

}  // namespace mediafs
