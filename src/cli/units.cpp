#include "cli/units.h"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "mediafs/base/text.h"

namespace mediafs {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 5> kMilliseconds{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<Unit, 5> kBytes{
    {{"T", 1ULL << 40}, {"G", 1ULL << 30}, {"M", 1ULL << 20}, {"K", 1ULL << 10}, {"", 1}}};
constexpr std::uint64_t kCentury = 100ULL * 366 * 86'400'000;
constexpr std::size_t kMostDecimals = 6;  // with the largest unit they stay within 64 bits

Error wrong(std::string what) {
  return {Errc::invalid_argument, std::move(what)};
}

/// A number with at most six decimals, and what stands behind it.
struct Quantity {
  std::uint64_t whole = 0;
  std::uint64_t decimals = 0;  // of `scale`
  std::uint64_t scale = 1;
  std::string_view unit;
};

Result<Quantity> split(std::string_view text) {
  Quantity quantity;
  text = trimmed(text);
  if (text.empty()) return wrong("is empty");
  if (text.front() == '-') return wrong("is negative");
  const char* const past = text.data() + text.size();
  auto [end, error] = std::from_chars(text.data(), past, quantity.whole);
  if (error == std::errc::result_out_of_range) return wrong("is too large");
  if (error != std::errc()) return wrong("is no number");
  if (end != past && *end == '.') {
    const char* const first = end + 1;
    const auto decimals = std::from_chars(first, past, quantity.decimals);
    const auto count = static_cast<std::size_t>(decimals.ptr - first);
    if (decimals.ec != std::errc() || count > kMostDecimals) return wrong("is no number");
    for (std::size_t i = 0; i < count; ++i) quantity.scale *= 10;
    end = decimals.ptr;
  }
  quantity.unit = trimmed(std::string_view(end, static_cast<std::size_t>(past - end)));
  return quantity;
}

Result<std::uint64_t> times(const Quantity& quantity, std::uint64_t factor) {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(quantity.whole, factor, &product) ||
      __builtin_add_overflow(product, quantity.decimals * factor / quantity.scale, &product))
    return wrong("is too large");
  return product;
}

template <std::size_t N>
Result<std::uint64_t> in_unit(const Quantity& quantity, std::string_view unit,
                              const std::array<Unit, N>& units) {
  for (const Unit& known : units) {
    if (lower_case(known.name) == lower_case(unit)) return times(quantity, known.factor);
  }
  return wrong("has an unknown unit");
}

template <std::size_t N>
std::string in_largest_unit(std::uint64_t count, const std::array<Unit, N>& units) {
  for (const Unit& unit : units) {
    if (count != 0 && count % unit.factor == 0) return fmt::format("{}{}", count / unit.factor, unit.name);
  }
  return "0";
}

Result<unsigned> parse_number(std::string_view text, int base) {
  unsigned number = 0;
  const char* const past = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), past, number, base);
  if (text.empty()) return wrong("is empty");
  if (error != std::errc() || end != past) return wrong("is no number");
  return number;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The largest one stands for nobody: chown(2).
Result<unsigned> parse_id(std::string_view text) {
  const auto number = parse_number(text, 10);
  return number && *number != ~0U ? number : wrong("is too large");
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  const auto quantity = split(text);
  if (!quantity) return quantity.error();
  if (quantity->unit == "M") return wrong("may be meant in months; minutes are m");
  const bool nothing = quantity->whole == 0 && quantity->decimals == 0;
  if (quantity->unit.empty()) return nothing ? Result<Duration>(Duration::zero()) : wrong("has no unit");
  const auto milliseconds = in_unit(*quantity, quantity->unit, kMilliseconds);
  if (!milliseconds) return milliseconds.error();
  if (*milliseconds > kCentury) return wrong("is too long");
  return Duration(static_cast<Duration::rep>(*milliseconds));
}

Result<std::uint64_t> parse_size(std::string_view text) {
  const auto quantity = split(text);
  if (!quantity) return quantity.error();
  if (quantity->unit.empty() && quantity->scale > 1) return wrong("has no unit");
  std::string unit = lower_case(quantity->unit);
  if (unit == "b") unit.clear();
  if (unit.size() == 2 && unit[1] == 'b' && std::string_view("kmgt").find(unit[0]) != std::string_view::npos)
    return wrong(
        fmt::format("may be meant in powers of 1000 or of 1024; the latter are {}", quantity->unit[0]));
  if (unit.size() == 3 && unit.ends_with("ib")) unit.resize(1);
  if (unit.size() == 2 && unit.ends_with('i')) unit.resize(1);
  return in_unit(*quantity, unit, kBytes);
}

Result<unsigned> parse_user(const std::string& text) {
  if (is_number(text)) return parse_id(text);
  const passwd* const user = ::getpwnam(text.c_str());  // NOLINT(concurrency-mt-unsafe): before threads start
  return user != nullptr ? Result<unsigned>(user->pw_uid) : wrong("is no user of this machine");
}

Result<unsigned> parse_group(const std::string& text) {
  if (is_number(text)) return parse_id(text);
  const ::group* const found =
      ::getgrnam(text.c_str());  // NOLINT(concurrency-mt-unsafe): before threads start
  return found != nullptr ? Result<unsigned>(found->gr_gid) : wrong("is no group of this machine");
}

Result<unsigned> parse_mode(std::string_view text) {
  auto mode = parse_number(text, 8);
  if (!mode || *mode > 0777) return wrong("is no mode");
  return mode;
}

Result<bool> parse_switch(std::string_view text) {
  const std::string word = lower_case(text);
  if (word == "true" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "no" || word == "off") return false;
  return wrong("is neither on nor off");
}

std::string duration_option(Duration duration) {
  return in_largest_unit(static_cast<std::uint64_t>(duration.count()), kMilliseconds);
}

std::string size_option(std::uint64_t bytes) {
  return in_largest_unit(bytes, kBytes);
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
