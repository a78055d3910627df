#pragma once

#include <sys/types.h>

#include <string>

namespace mediafs {

/// For people: the user's name, or "user 1234" where this machine knows none.
std::string name_of_user(uid_t user);

}  // namespace mediafs
