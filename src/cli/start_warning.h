#pragma once

#include <string>

#include "mediafs/base/log.h"

namespace mediafs {

/// A warning in the log, and where that goes elsewhere on standard error too, for who has started the mount.
void warn_at_start(const log::Options& log, const std::string& what);

}  // namespace mediafs
