#include "cli/option_types.h"

namespace mediafs {

namespace {

constexpr std::uint64_t kFewBytes = 4096;
constexpr const char* kDurations = "a duration is a number with ms, s, m, h or d, such as 30s";

Error out_of_bounds(const std::string& what, std::string_view why) {
  return {Errc::invalid_argument, why.empty() ? what : fmt::format("{}: {}", what, why)};
}

Result<Duration> parse_bounded_duration(const std::string& text, const Bounds<Duration>& bounds) {
  auto duration = parse_duration(text);
  if (!duration) return duration;
  if (*duration < bounds.least)
    return out_of_bounds(fmt::format("is too short, it must be {} at least", duration_option(bounds.least)),
                         bounds.why);
  if (*duration > bounds.most)
    return out_of_bounds(fmt::format("is too long, it may be {} at most", duration_option(bounds.most)),
                         bounds.why);
  return duration;
}

}  // namespace

void add_duration(CLI::App& app, const std::string& name, Duration& value, const std::string& help,
                  const Bounds<Duration>& bounds) {
  const auto parse = [bounds](const std::string& text) { return parse_bounded_duration(text, bounds); };
  add_parsed(app, name, "DURATION", value, parse, kDurations,
             fmt::format("{} (default: {})", help, duration_option(value)));
}

Result<std::uint64_t> parse_bounded_size(const std::string& text, char unit,
                                         const Bounds<std::uint64_t>& bounds) {
  auto size = parse_size(text);
  if (!size) return size;
  const bool no_unit = text.find_first_not_of("0123456789") == std::string::npos;
  if (no_unit && *size > 0 && *size < kFewBytes)
    return out_of_bounds(fmt::format("is {} bytes, too small: did you mean {}{}?", *size, *size, unit), "");
  if (*size < bounds.least)
    return out_of_bounds(fmt::format("is too small, it must be {} at least", size_option(bounds.least)),
                         bounds.why);
  if (*size > bounds.most)
    return out_of_bounds(fmt::format("is too large, it may be {} at most", size_option(bounds.most)),
                         bounds.why);
  return size;
}

void add_text(CLI::App& app, const std::string& name, const std::string& shape, std::string& value,
              const std::string& help) {
  app.add_option_function<std::string>(
         name,
         [&value, name](const std::string& text) {
           if (text.empty()) throw CLI::ValidationError(name, "the value is empty");
           value = text;
         },
         help)
      ->type_name(shape)
      ->take_last();
}

void add_flag(CLI::App& app, const std::string& name, bool& value, const std::string& help, bool means) {
  const auto as_count = [](std::string& text) -> std::string {
    const auto on = parse_switch(text);
    if (!on) return fmt::format("'{}' {} (on, off, yes, no, true or false)", text, on.error().context);
    text = *on ? "1" : "-1";
    return {};
  };
  app.add_flag_function(
         name, [&value, means](std::int64_t count) { value = (count > 0) == means; }, help)
      ->transform(CLI::Validator(as_count, ""))
      ->take_last();
}

}  // namespace mediafs
