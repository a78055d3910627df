// Whether the LMDB that is here lays out its files as the checks here read them (page_format.h).
#pragma once

#include <lmdb.h>

#include "cache/page_format.h"
#include "mediafs/base/result.h"

namespace mediafs {

/// For a user to read: only the pages of LMDB 0.9 are known here, and this is another one. Errc::internal.
Status check_lmdb_version(int major, int minor);

/// Of the library that this process has loaded, which need not be the one that it was built with.
Status check_lmdb_in_use();

/// Whether what was read of a database's meta page is what LMDB says of the same database: its page size, its
/// trees, its last transaction. Errc::internal, in words for a user.
Status check_same(const MetaPage& read, const MDB_stat& stat, const MDB_envinfo& info);

/// A database that LMDB has just made is not one that is known here. In words for a user.
Error unknown_format(std::string_view what);

}  // namespace mediafs
