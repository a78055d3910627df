// Values as LMDB gives and takes them: in its map, whose pages may not be there.
#pragma once

#include <cstddef>

#include <lmdb.h>

#include "mediafs/base/bytes.h"

namespace mediafs {

inline constexpr std::size_t kMostValue = 16_MiB;  // more than any record of ours has

inline MDB_val value_of(ByteView bytes) {
  return {bytes.size(), const_cast<std::byte*>(bytes.data())};  // NOLINT: LMDB's API has no const
}
inline ByteView view_of(const MDB_val& value) {
  return {static_cast<const std::byte*>(value.mv_data), value.mv_size};
}

/// Whether every page can be read. A page past the end of a truncated file, or one that the disk does not
/// give, would be a SIGBUS when touched; here it is an error code.
bool reachable(ByteView value);

/// Writes to every page of `place`.
void touch(const MDB_val& place);

}  // namespace mediafs
