#pragma once

#include <cstdint>

namespace mediafs {

/// Raises the soft limit of open files to the hard one (RLIMIT_NOFILE, getrlimit(2)) and gives it: a low one
/// must not look like an origin that cannot be reached.
std::uint64_t raise_descriptor_limit();

/// With fewer a server could not do its work.
inline constexpr std::uint64_t kFewestDescriptors = 52;

/// How many connections may be open at one time beside all else that a server has open; further requests
/// wait.
long connections_for(std::uint64_t descriptors);

}  // namespace mediafs
