// Options by what they take, for CLI11.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "cli/units.h"

namespace mediafs {

/// An option whose text `parse` turns into a value; `expects` says what was wanted where it cannot.
template <typename Value, typename Parse>
void add_parsed(CLI::App& app, const std::string& name, Value& value, Parse parse, const std::string& expects,
                const std::string& help) {
  app.add_option_function<std::string>(
         name,
         [&value, parse, name, expects](const std::string& text) {
           const auto parsed = parse(text);
           if (!parsed) throw CLI::ValidationError(name, "'" + text + "' is not " + expects);
           const auto& given = *parsed;
           value = given;
         },
         help)
      ->take_last();
}

inline void add_duration(CLI::App& app, const std::string& name, Duration& value, const std::string& help) {
  add_parsed(app, name, value, parse_duration, "a duration such as 500ms, 6s, 5m, 12h or 30d", help);
}

template <typename Size>
void add_size(CLI::App& app, const std::string& name, Size& value, const std::string& help) {
  add_parsed(app, name, value, parse_size, "a size such as 64M or 10G", help);
}

inline void add_text(CLI::App& app, const std::string& name, std::string& value, const std::string& help) {
  app.add_option(name, value, help)->take_last();
}

}  // namespace mediafs
