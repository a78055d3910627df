#pragma once

#include <functional>

#include "cli/exit_code.h"

namespace mediafs {

/// What the server calls once the mount answers.
using Ready = std::function<void()>;

/// Detaches from the caller: from its terminal, and from its pipes.
void let_go_of_starter();

/// Runs `serve` in a process of its own that outlives this one, and returns in both: in the caller's, when
/// the server is ready or has ended (with what it said); in the server's, with what serve() returned. Forks,
/// so: no threads before.
Exit run_in_background(const std::function<Exit(const Ready&)>& serve);

}  // namespace mediafs
