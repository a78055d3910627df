#pragma once

#include <string>

#include "cli/exit_code.h"

namespace mediafs {

struct StatusCommand {
  std::string mountpoint;  // empty: every mount of ours that there is
  bool json = false;
  bool watch = false;  // again and again, until a signal
  bool check = false;  // has the API asked, and judges by that; not with `watch`
};

/// Shows what the servers say of themselves. Whether they answer, and with `check` whether their readers
/// would be served, decides the exit code.
Exit run_status_command(const StatusCommand& command);

/// JSON as a server gives it (mount_report.h), for people, with times as of this machine's zone.
std::string status_text(const std::string& text);

}  // namespace mediafs
