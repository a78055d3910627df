// Options by what they take, for CLI11. Each help says what may be given and the default, and each error the
// option, the text as given, what is wrong with it, and what is taken. The last of several counts.
#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/units.h"
#include "mediafs/base/text.h"

namespace mediafs {

/// An option whose text `parse` turns into a Result<Value>. `shape` is what the help has behind its name, and
/// `takes` what the error says.
template <typename Value, typename Parse>
void add_parsed(CLI::App& app, const std::string& name, const std::string& shape, Value& value,
                const Parse& parse, const std::string& takes, const std::string& help) {
  app.add_option_function<std::string>(
         name,
         [&value, parse, name, takes](const std::string& text) {
           const auto parsed = parse(text);
           if (!parsed)
             throw CLI::ValidationError(name,
                                        fmt::format("'{}' {} ({})", text, parsed.error().context, takes));
           value = *parsed;
         },
         help)
      ->type_name(shape)
      ->take_last();
}

/// What an option takes, where that is less than its type has. `why` ends the error, where there is more to
/// say.
template <typename Value>
struct Bounds {
  Value least{};
  Value most = std::numeric_limits<Value>::max();
  const char* why = "";
};

void add_duration(CLI::App& app, const std::string& name, Duration& value, const std::string& help,
                  const Bounds<Duration>& bounds = {Duration::zero(), Duration::max()});

/// A few bytes are a unit that has been forgotten, and `unit` the one that is proposed.
Result<std::uint64_t> parse_bounded_size(const std::string& text, char unit,
                                         const Bounds<std::uint64_t>& bounds);

inline constexpr const char* kSizes = "a size is a number with K, M, G or T, such as 64M";

template <typename Size>  // std::uint64_t, or an optional one
void add_size(CLI::App& app, const std::string& name, Size& value, char unit, const std::string& help,
              const Bounds<std::uint64_t>& bounds = {}) {
  const auto parse = [unit, bounds](const std::string& text) {
    return parse_bounded_size(text, unit, bounds);
  };
  add_parsed(app, name, "SIZE", value, parse, kSizes, help);
}

/// A file, directory or URL; not empty. `shape` as "FILE".
void add_text(CLI::App& app, const std::string& name, const std::string& shape, std::string& value,
              const std::string& help);

/// A flag, which is also taken with a value, as a line of a configuration file has it: name=yes. `means`:
/// what it makes of `value`.
void add_flag(CLI::App& app, const std::string& name, bool& value, const std::string& help,
              bool means = true);

template <typename Value>
using Choices = std::vector<std::pair<std::string, Value>>;

/// One of a few words, in any case; `also` are taken too, but not shown.
template <typename Value>
void add_choice(CLI::App& app, const std::string& name, Value& value, const Choices<Value>& choices,
                const std::string& help, const Choices<Value>& also = {}) {
  std::string words;
  std::string standard;
  for (const auto& [word, meaning] : choices) {
    words += (words.empty() ? "" : "|") + word;
    if (meaning == value) standard = word;
  }
  Choices<Value> all = choices;
  all.insert(all.end(), also.begin(), also.end());
  const auto parse = [all](const std::string& text) -> Result<Value> {
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const auto& choice) { return choice.first == lower_case(text); });
    if (found == all.end()) return Error{Errc::invalid_argument, "is none of its words"};
    return found->second;
  };
  add_parsed(app, name, words, value, parse, words, fmt::format("{} (default: {})", help, standard));
}

}  // namespace mediafs
