// What LMDB's codes mean for the cache.
#pragma once

#include <string>
#include <string_view>

#include "mediafs/base/result.h"

namespace mediafs {

/// Whether `code` tells of a database whose structure is damaged, so that it is to be begun anew.
bool is_damage(int code);

/// `disk_is_full`: LMDB gives EIO for a write that the disk took only a part of.
Errc errc_of(int code, bool disk_is_full);

/// The error for `code` of a database in `folder`.
Error lmdb_error(int code, const std::string& folder, std::string_view doing);

}  // namespace mediafs
