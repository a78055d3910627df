#include "cli/user_name.h"

#include <pwd.h>

#include <fmt/format.h>

namespace mediafs {

std::string name_of_user(uid_t user) {
  const passwd* const known = ::getpwuid(user);  // NOLINT(concurrency-mt-unsafe): before threads start
  return known != nullptr ? std::string(known->pw_name) : fmt::format("user {}", user);
}

}  // namespace mediafs
