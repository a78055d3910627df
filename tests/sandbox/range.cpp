#include "range.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

namespace mediafs::sandbox {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

RangeRequest suffix(std::uint64_t count, std::uint64_t body_size) {
  const std::uint64_t size = std::min(count, body_size);
  if (size == 0) return {.answer = RangeAnswer::kUnsatisfiable};
  return {RangeAnswer::kPart, body_size - size, size};
}

}  // namespace

RangeRequest parse_range(std::string_view header, std::uint64_t body_size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return {};
  header.remove_prefix(kUnit.size());
  const std::size_t dash = header.find('-');
  if (dash == std::string_view::npos) return {};
  const std::string_view last_text = header.substr(dash + 1);
  const auto first = number(header.substr(0, dash));
  const auto last = number(last_text);
  if (dash == 0) return last ? suffix(*last, body_size) : RangeRequest{};
  if (!first || (!last && !last_text.empty()) || (last && *last < *first)) return {};
  if (*first >= body_size) return {.answer = RangeAnswer::kUnsatisfiable};
  const std::uint64_t end = last && *last < body_size - 1 ? *last + 1 : body_size;
  return {RangeAnswer::kPart, *first, end - *first};
}

std::string content_range(std::uint64_t begin, std::uint64_t size, std::uint64_t body_size) {
  return "bytes " + std::to_string(begin) + '-' + std::to_string(begin + size - 1) + '/' +
         std::to_string(body_size);
}

}  // namespace mediafs::sandbox
