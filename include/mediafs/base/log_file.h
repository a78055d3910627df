#pragma once

#include <string>

#include "mediafs/base/result.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {

/// Opens a log file to append to; made with mode 0600 where there is none. It must be a regular file, and no
/// symbolic link, that belongs to this user or root, and nobody else's to write or replace
/// (check_parent_directories). So no device, FIFO or socket. An error says what is wrong, and how to mend it.
Result<UniqueFd> open_log_file(const std::string& path);

}  // namespace mediafs
