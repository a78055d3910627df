#include "request.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "units.h"

namespace mediafs::sandbox {
namespace {

constexpr std::size_t kMaxHead = 64 * 1024;
constexpr std::uint64_t kMaxBody = 1ULL << 30U;

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes one line off `head`, without its CRLF.
std::string_view take_line(std::string_view& head) {
  const std::size_t end = head.find("\r\n");
  const std::string_view line = head.substr(0, end);
  head.remove_prefix(end == std::string_view::npos ? head.size() : end + 2);
  return line;
}

bool parse_request_line(std::string_view line, Request& request) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return false;
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (target.empty() || target.front() != '/') return false;
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return false;
  const std::size_t query = target.find('?');
  request.method = line.substr(0, first);
  request.path = target.substr(0, query);
  request.has_query = query != std::string_view::npos;
  request.is_http_1_1 = version == "HTTP/1.1";
  return true;
}

bool parse_head(std::string_view head, Request& request) {
  if (!parse_request_line(take_line(head), request)) return false;
  while (!head.empty()) {
    const std::string_view line = take_line(head);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    request.headers.emplace(lower(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  }
  return true;
}

}  // namespace

std::optional<std::string> Request::header(const std::string& lower_case_name) const {
  if (headers.count(lower_case_name) != 1) return std::nullopt;
  return headers.find(lower_case_name)->second;
}

bool Request::wants_close() const {
  const auto connection = header("connection");
  return !is_http_1_1 || (connection && lower(*connection) == "close");
}

ReadStatus RequestReader::read(Request& request) {
  const auto head = take_head();
  if (!head) return buffer_.empty() ? ReadStatus::kEnded : ReadStatus::kMalformed;
  if (!parse_head(*head, request)) return ReadStatus::kMalformed;
  return read_body(request);
}

ReadStatus RequestReader::read_body(Request& request) {
  if (request.headers.contains("transfer-encoding")) return ReadStatus::kMalformed;
  if (!request.headers.contains("content-length")) return ReadStatus::kOk;
  const auto size = parse_size(request.header("content-length").value_or("none"));
  if (!size || *size > kMaxBody) return ReadStatus::kMalformed;
  if (request.header("expect") && !stream_.write("HTTP/1.1 100 Continue\r\n\r\n")) return ReadStatus::kEnded;
  const auto count = static_cast<std::size_t>(*size);
  if (!fill_until(count)) return ReadStatus::kEnded;
  request.body = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return ReadStatus::kOk;
}

bool RequestReader::fill_until(std::size_t size) {
  std::array<char, 16 * 1024> piece{};
  while (buffer_.size() < size) {
    const std::size_t count = stream_.read(piece);
    if (count == 0) return false;
    buffer_.append(piece.data(), count);
  }
  return true;
}

std::optional<std::string> RequestReader::take_head() {
  constexpr std::string_view kEnd = "\r\n\r\n";
  std::size_t end = buffer_.find(kEnd);
  while (end == std::string::npos) {
    const std::size_t searched = buffer_.size();
    if (searched > kMaxHead || !fill_until(searched + 1)) return std::nullopt;
    end = buffer_.find(kEnd, searched < kEnd.size() ? 0 : searched - kEnd.size());
  }
  std::string head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + kEnd.size());
  return head;
}

}  // namespace mediafs::sandbox
