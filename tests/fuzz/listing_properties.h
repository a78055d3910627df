#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mediafs::fuzz {

/// Takes any bytes for the body of a listing of each kind, for a name, a time and a record of the cache, and
/// says what does not hold of what comes out; empty where all does.
std::vector<std::string> broken_properties(std::string_view input);

}  // namespace mediafs::fuzz
