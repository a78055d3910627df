// Where LMDB's node of a record lies in memory: what its API does not tell, and what it trusts without a
// check when it deletes the record.
#pragma once

#include <cstdint>

#include <lmdb.h>

namespace mediafs {

/// Whether the first page of a record's value says of itself what the record's node says of it: LMDB frees as
/// many pages as stand there, from the number that stands there, and a flipped bit would free pages of
/// others. `key` and `value` as a cursor gave them.
bool has_its_own_pages(const MDB_val& key, const MDB_val& value);

/// Where in the file the pages end that a value has to itself; 0: it has none.
std::uint64_t end_in_file(const MDB_val& value);

}  // namespace mediafs
