// Small files, read and replaced whole.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {

/// What errno says, as an Errc.
Error system_error(std::string_view doing);

/// The last part of a path, for messages.
std::string name_of(const std::string& path);

/// Errc::not_found: no such file. Errc::too_large: it has more than `most` bytes. A link is not followed.
Result<std::string> read_file(const std::string& path, std::size_t most);

/// All of `content` at `offset`, however many calls it takes.
Status write_at(int fd, std::string_view content, std::uint64_t offset);

enum class Sync { no, yes };

/// A file that has taken its place.
struct ReplacedFile {
  UniqueFd file;                 // the new one, open
  Status durable = ok_status();  // whether a loss of power leaves it there
};

/// Replaces the file atomically, or makes it: a reader finds the whole old or the whole new content, also
/// after a kill at any moment. On an error the old file stays, and nothing is left of the new one.
/// `Sync::yes`: the file is synced, so that the same holds after a loss of power.
Result<ReplacedFile> replace_file(const std::string& path, std::string_view content, Sync sync);

/// Overwrites the file in place. A kill meanwhile leaves a mixture of both contents; but a small file needs
/// no new room, so this works on a full disk.
Status overwrite_file(const std::string& path, std::string_view content, Sync sync);

/// Syncs the folder of `path`, so that the names in it outlast a loss of power.
Status sync_folder_of(const std::string& path);

/// Overwrites the file with zeros, whatever it is, syncs and deletes it; no error where there is none.
Status wipe_file(const std::string& path);

/// Whether all of the files are on the disk within `time`. A child process syncs them, and goes on where that
/// takes longer: a thread of this process that waits for the disk would keep it from ending.
bool synced_within(std::span<const int> files, Duration time);

}  // namespace mediafs
