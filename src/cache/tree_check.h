// The walk through a file's trees before LMDB opens it.
//
// The guard (fault_guard.h) is not enough. The experiment: one bit flipped in the first 64 bytes of a branch
// or leaf page, LMDB opens the file and 60 small transactions write to it. Within 1,000 such files malloc
// found its own records overwritten ("corrupted size vs. prev_size"): LMDB moves nodes in copies of pages by
// the offsets and sizes that stand there. Without the files that this walk refuses, none of 1,000 did that
// (TreeCheckTest.WhatPassesDoesNotBreakLmdb). A page that is free and in use, or in two places, is worse: a
// chunk is written over a page of the tree.
#pragma once

#include <cstdint>

#include "cache/page_format.h"
#include "mediafs/base/result.h"

namespace mediafs {

/// Errc::corrupt: a page of a tree is not sound, is in two places at once or out of order, or is free and in
/// use. Values are not read, but for the free list's: a wrong byte in one shows when it is opened.
Status check_trees(int fd, std::uint64_t file_size, std::uint64_t page_size, const MetaPage& meta);

}  // namespace mediafs
