#include "cli/start_warning.h"

#include <fmt/format.h>

#include "mediafs/base/text.h"

namespace mediafs {

void warn_at_start(const log::Options& log, const std::string& what) {
  log::warning("{}", what);
  if (log.to_standard_error()) return;
  fmt::print(stderr, "{}mediafs: {}\n", log::journal_prefix(log::Level::warning), printable(what));
}

}  // namespace mediafs
