#include "cli/units.h"

#include <grp.h>
#include <pwd.h>

#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace mediafs {

namespace {

using Unit = std::pair<std::string_view, std::uint64_t>;

constexpr std::array<Unit, 5> kMilliseconds{
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 5> kBytes{
    {{"", 1}, {"K", 1ULL << 10}, {"M", 1ULL << 20}, {"G", 1ULL << 30}, {"T", 1ULL << 40}}};
constexpr std::uint64_t kCentury = 100ULL * 366 * 86'400'000;

template <std::size_t N>
std::optional<std::uint64_t> parse_quantity(std::string_view text, const std::array<Unit, N>& units) {
  std::uint64_t number = 0;
  const char* const past = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), past, number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view name(end, static_cast<std::size_t>(past - end));
  for (const auto& [unit, factor] : units) {
    if (name != unit) continue;
    std::uint64_t product = 0;
    if (__builtin_mul_overflow(number, factor, &product)) return std::nullopt;
    return product;
  }
  return std::nullopt;
}

std::optional<unsigned> parse_number(std::string_view text, int base) {
  unsigned number = 0;
  const char* const past = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), past, number, base);
  if (error != std::errc() || end != past) return std::nullopt;
  return number;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  const auto milliseconds = parse_quantity(text, kMilliseconds);
  if (!milliseconds || *milliseconds > kCentury) return std::nullopt;
  return Duration(static_cast<Duration::rep>(*milliseconds));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  return parse_quantity(text, kBytes);
}

std::optional<unsigned> parse_user(const std::string& text) {
  if (const auto number = parse_number(text, 10)) return number;
  const passwd* const user = ::getpwnam(text.c_str());  // NOLINT(concurrency-mt-unsafe): before threads start
  return user != nullptr ? std::optional<unsigned>(user->pw_uid) : std::nullopt;
}

std::optional<unsigned> parse_group(const std::string& text) {
  if (const auto number = parse_number(text, 10)) return number;
  const ::group* const found =
      ::getgrnam(text.c_str());  // NOLINT(concurrency-mt-unsafe): before threads start
  return found != nullptr ? std::optional<unsigned>(found->gr_gid) : std::nullopt;
}

std::optional<unsigned> parse_mode(std::string_view text) {
  const auto mode = parse_number(text, 8);
  return mode && *mode <= 0777 ? mode : std::nullopt;
}

std::string size_text(std::uint64_t bytes) {
  static constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  std::size_t unit = 0;
  double size = static_cast<double>(bytes) / 1024;
  for (; size >= 1024 && unit + 1 < std::size(kUnits); ++unit) size /= 1024;
  return fmt::format("{:.1f} {}", size, kUnits[unit]);
}

}  // namespace mediafs
