// The file of one database, before and after LMDB has it.
#pragma once

#include <cstdint>
#include <string>

#include "cache/page_format.h"
#include "mediafs/base/bytes.h"
#include "mediafs/base/result.h"

namespace mediafs {

/// False where it ends before `out` is full, or cannot be read.
bool read_at(int fd, std::uint64_t offset, MutableBytes out);

/// Checks its meta pages and its trees, and gives the meta page that LMDB will use. Errc::corrupt: LMDB must
/// not open it. Errc::denied: it is not a file, or not for us to read.
Result<MetaPage> check_database(const std::string& path);

/// Deletes what an earlier process has left beside it: LMDB's lock file, which is of no use to a later
/// process, and a new file that was not finished. REQUIRES: nobody has the database open.
void remove_leftovers(const std::string& path);

/// Makes LMDB's lock file anew, without holes. LMDB itself makes a sparse file, and a hole that a full disk
/// cannot fill is a SIGBUS for a reader.
Status make_lock_file(const std::string& path);

/// The file `path`.new becomes `path`, for good.
Status take_its_place(const std::string& path);

/// The file becomes `path`.bad, in the place of the last one of that name.
Status set_database_aside(const std::string& path);

}  // namespace mediafs
