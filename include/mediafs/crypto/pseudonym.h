#pragma once

#include <string>
#include <string_view>

namespace mediafs::crypto {

/// How a log line names an id: eight hex digits that are the same for the same id as long as the process
/// runs, and that lead nobody back to it (a hash under a random key). Any thread.
std::string pseudonym(std::string_view id);

}  // namespace mediafs::crypto
