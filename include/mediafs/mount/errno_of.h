#pragma once

#include "mediafs/base/result.h"

namespace mediafs {

/// The one place where a failure becomes an errno(3): the table of api.md, last column.
int errno_of(Errc code);

}  // namespace mediafs
