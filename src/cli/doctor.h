#pragma once

#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/mount_command.h"

namespace mediafs {

/// `mediafs doctor`: a mount's options, of which neither URL nor mount point has to be there.
struct DoctorCommand {
  MountCommand mount;
};

/// What is looked at, and what was found: neither secrets nor ids.
struct Finding {
  enum class Kind { good, doubtful, bad, not_looked_at };
  Kind kind = Kind::good;
  std::string what;
  std::string text;
  ExitCode code = ExitCode::ok;  // what a mount would end with; of what is bad
};

/// A line each, and how many are bad.
std::string report_of(const std::vector<Finding>& findings);

/// How far the clock is from the API's, by its Date header (RFC 9110 section 6.6.1): the API refuses nothing
/// for it, but times that are shown are wrong.
Finding clock_finding(UnixSeconds here, UnixSeconds there);

/// Looks at all that a mount needs without making one, and prints a report. It ends with what a mount would
/// end with first.
Exit run_doctor(DoctorCommand command);

}  // namespace mediafs
