#pragma once

#include "mediafs/base/result.h"

namespace mediafs {

/// The one place where a failure becomes an errno(3). README.md has the table that users see.
int errno_of(Errc code);

}  // namespace mediafs
