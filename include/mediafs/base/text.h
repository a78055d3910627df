#pragma once

#include <string>
#include <string_view>

namespace mediafs {

/// ASCII alone: what protocols call case-insensitive. The locale has no say.
std::string lower_case(std::string_view text);

/// Without blanks, tabs and line ends around it.
std::string_view trimmed(std::string_view text);

}  // namespace mediafs
