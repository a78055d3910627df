#include "units.h"

#include <charconv>
#include <limits>
#include <system_error>

namespace mediafs::sandbox {
namespace {

// Takes the number off the front of `text` and leaves the unit.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<std::uint64_t> times(std::uint64_t value, std::uint64_t factor) {
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / factor) return {};
  return value * factor;
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto value = take_number(text);
  if (!value) return std::nullopt;
  if (text.empty()) return value;
  if (text == "K") return times(*value, 1ULL << 10U);
  if (text == "M") return times(*value, 1ULL << 20U);
  if (text == "G") return times(*value, 1ULL << 30U);
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto value = take_number(text);
  std::optional<std::uint64_t> milliseconds;
  if (!value) return std::nullopt;
  if (text == "ms") milliseconds = times(*value, 1);
  if (text == "s") milliseconds = times(*value, 1000);
  if (text == "m") milliseconds = times(*value, 60'000);
  if (!milliseconds) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(*milliseconds));
}

}  // namespace mediafs::sandbox
