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

/// Puts a file of this content in the place of the one that is there, or of none: who looks, also after a
/// kill at any moment, finds the whole old or the whole new one. An error: it is the old one, and nothing is
/// left of the new. `Sync::yes`: and it is on the disk, so that a loss of power at any moment does no more
/// than a kill.
Result<ReplacedFile> replace_file(const std::string& path, std::string_view content, Sync sync);

/// Gives the file that is there this content. A kill in the middle leaves a mixture of both; but a small one
/// takes no room that a full disk does not have.
Status overwrite_file(const std::string& path, std::string_view content, Sync sync);

/// Has the disk know which names stand in the folder of `path`.
Status sync_folder_of(const std::string& path);

/// Overwrites the file with zeros, whatever it is, syncs and deletes it; no error where there is none.
Status wipe_file(const std::string& path);

/// Whether all of the files are on the disk within `time`. A process of its own waits for the disk, and goes
/// on waiting if need be: a process cannot end while one of its threads does.
bool synced_within(std::span<const int> files, Duration time);

}  // namespace mediafs
