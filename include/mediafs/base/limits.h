#pragma once

namespace mediafs {

/// For people, where fork(2) has failed: it says EAGAIN then, and hardly ever anything else.
inline constexpr const char* kNoMoreProcesses =
    "no more processes can be made: ulimit -u or pids.max is too low";

}  // namespace mediafs
