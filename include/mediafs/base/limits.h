#pragma once

namespace mediafs {

/// For people, where fork(2) has said EAGAIN.
inline constexpr const char* kNoMoreProcesses =
    "no more processes can be made: ulimit -u or pids.max is too low";

}  // namespace mediafs
