#pragma once

#include <string>
#include <string_view>

namespace mediafs {

/// ASCII alone: what protocols call case-insensitive. The locale has no say.
std::string lower_case(std::string_view text);

/// Without blanks, tabs and line ends around it.
std::string_view trimmed(std::string_view text);

/// As it may be shown to people, on one line: what could move a terminal's cursor, turn a line's direction
/// round or hide something (control and format characters) and what is no UTF-8 stand there as \xHH or
/// \u{HHHH}. The rest is left as it is, so that it may be done twice.
std::string printable(std::string_view text);
/// The same of several lines.
std::string printable_lines(std::string_view text);

}  // namespace mediafs
