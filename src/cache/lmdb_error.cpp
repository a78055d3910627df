#include "cache/lmdb_error.h"

#include <sys/statvfs.h>

#include <cerrno>
#include <string>

#include <lmdb.h>

#include "mediafs/base/bytes.h"

namespace mediafs {

namespace {

constexpr std::uint64_t kNextToNothing = 1_MiB;  // what a write that was cut short may still have left over

bool is_full(const std::string& folder) {
  struct statvfs disk{};
  return ::statvfs(folder.c_str(), &disk) == 0 && disk.f_bavail * disk.f_frsize < kNextToNothing;
}

}  // namespace

bool is_damage(int code) {
  switch (code) {
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_PANIC:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_CURSOR_FULL:   // a tree deeper than any can be
    case MDB_PAGE_FULL:     // a page that lies about its room
    case MDB_TXN_FULL:      // more pages touched than the largest batch has
    case MDB_INCOMPATIBLE:  // flags that no database of ours has
    case MDB_MAP_RESIZED:   // a last page beyond the map
    case MDB_BAD_VALSIZE:   // ours are all of a good size
      return true;
    default:
      return false;
  }
}

Errc errc_of(int code, bool disk_is_full) {
  if (is_damage(code)) return Errc::corrupt;
  switch (code) {
    case MDB_MAP_FULL:
    case ENOSPC:
    case EDQUOT:
      return Errc::no_space;
    case EIO:
      return disk_is_full ? Errc::no_space : Errc::internal;
    case EACCES:
    case EPERM:
    case EROFS:
      return Errc::denied;
    default:
      return Errc::internal;
  }
}

Error lmdb_error(int code, const std::string& folder, std::string_view doing) {
  const Errc errc = errc_of(code, code == EIO && is_full(folder));
  return Error{errc, std::string(mdb_strerror(code))}.in(doing);
}

}  // namespace mediafs
