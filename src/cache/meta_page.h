// What stands in the first two pages of an LMDB file, checked before LMDB sees it: it divides by the page
// size that it finds there and trusts the rest.
#pragma once

#include <cstdint>

#include "cache/page_format.h"
#include "mediafs/base/bytes.h"
#include "mediafs/base/result.h"

namespace mediafs {

/// A transaction may free pages at the end of the file that it never wrote, so that the last page that LMDB
/// counts can lie behind the file's end; not further than a large transaction goes.
inline constexpr std::uint64_t kUnwrittenPages = 64 * 1024;

/// The one of the two meta pages that LMDB would go by. Errc::corrupt: this is not a sound file of ours.
/// A part of a page at the file's end is none: a full disk leaves one behind a transaction that failed.
/// `head` is the beginning of the file, as much as two pages of it, `file_size` the size of all of it.
Result<MetaPage> sound_meta(ByteView head, std::uint64_t file_size, std::uint64_t page_size);

}  // namespace mediafs
