#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "mediafs/api/listing.h"

namespace mediafs {

namespace {

/// Takes exactly `digits` digits from the front.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int number = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return number;
}

bool take_one_of(std::string_view& text, std::string_view these) {
  if (text.empty() || these.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

void drop_fraction(std::string_view& text) {
  if (!take_one_of(text, ".,")) return;
  text.remove_prefix(std::min(text.find_first_not_of("0123456789"), text.size()));
}

/// "Z", "+02:00", "-0530"; nothing at all is taken for Z.
std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (text.empty() || take_one_of(text, "Zz")) return std::chrono::minutes(0);
  const int sign = text.front() == '-' ? -1 : 1;
  if (!take_one_of(text, "+-")) return std::nullopt;
  const auto hours = take_digits(text, 2);
  take_one_of(text, ":");
  const auto minutes = take_digits(text, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return sign * (std::chrono::hours(*hours) + std::chrono::minutes(*minutes));
}

}  // namespace

std::optional<UnixSeconds> parse_timestamp(std::string_view text) {
  const auto year = take_digits(text, 4);
  if (!year || !take_one_of(text, "-")) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take_one_of(text, "-")) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || !take_one_of(text, "Tt ")) return std::nullopt;
  std::array<int, 3> clock{};
  for (std::size_t i = 0; i < clock.size(); ++i) {
    const auto part = i > 0 && !take_one_of(text, ":") ? std::nullopt : take_digits(text, 2);
    if (!part) return std::nullopt;
    clock.at(i) = *part;
  }
  drop_fraction(text);
  const auto offset = take_offset(text);
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!offset || !text.empty() || !date.ok() || clock[0] > 23 || clock[1] > 59 || clock[2] > 60)
    return std::nullopt;
  const auto time = std::chrono::sys_days(date) + std::chrono::hours(clock[0]) +
                    std::chrono::minutes(clock[1]) + std::chrono::seconds(clock[2]) - *offset;
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace mediafs
