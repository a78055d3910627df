// Whether a cache directory is ours alone, and on a file system that LMDB can use. Each refusal says what is
// wrong and, where there is one, the command that puts it right.
#pragma once

#include <string>

#include "mediafs/base/result.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {

/// The cache directory and the one above it, made (0700) with their parents where they are missing, and held.
///
/// Both must be directories of ours that nobody else may write to; the one with the files has mode 0700, and
/// gets it where it had not. Above them, everything up to / belongs to us
/// or root, and where others may write the sticky bit keeps them from replacing what is not theirs. No
/// symbolic links in the last two places; further up they are followed, and what they lead to counts.
Result<UniqueFd> own_directory(const std::string& path);

/// Whether what stands in the directory is ours alone: regular files of ours with one name and mode 0600 or
/// less. What is not to be there at all is not looked at.
Status check_files(int directory);

/// LMDB needs a coherent shared map and locks that work: not across a network, nor in an overlay.
Status check_filesystem(int directory);

/// The name of a file system that LMDB is not to be used on; null: any other.
const char* unsuitable_filesystem(long type);

}  // namespace mediafs
