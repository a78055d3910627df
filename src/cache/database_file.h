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

/// Its meta pages and its trees; gives the meta page that LMDB goes by. Errc::corrupt: LMDB must not open it.
/// Errc::denied: it is not a file, or not for us to read.
Result<MetaPage> check_database(const std::string& path);

/// What an earlier process left beside it: LMDB's lock file, which holds nothing beyond a process, and a new
/// file that was not finished.
/// REQUIRES: nobody has the database open.
void remove_leftovers(const std::string& path);

/// LMDB's lock file, anew and without holes. LMDB leaves them in its own, and one that a full disk cannot
/// fill is a SIGBUS when a reader comes.
Status make_lock_file(const std::string& path);

/// The file `path`.new becomes `path`, for good.
Status take_its_place(const std::string& path);

/// The file becomes `path`.bad, in the place of the last one of that name.
Status set_database_aside(const std::string& path);

}  // namespace mediafs
