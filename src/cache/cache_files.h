// The small files of a cache directory: the lock, and the mark that tells whether power was
// lost while the databases were being written.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cache/file_io.h"
#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {

/// One cache directory, held by this process.
class CacheDirectory {
 public:
  /// Unlocks the directory, also while a child process still syncs (synced_within).
  ~CacheDirectory();
  CacheDirectory(CacheDirectory&&) = default;
  CacheDirectory& operator=(CacheDirectory&&) = delete;
  CacheDirectory(const CacheDirectory&) = delete;
  CacheDirectory& operator=(const CacheDirectory&) = delete;

  /// Makes the directory (0700) where it is missing and takes its lock; where a server that is ending has the
  /// lock, waits up to `wait` for it. Errc::unavailable: another server has it. Errc::denied: it, or what is
  /// in it, is not ours alone, or LMDB is not safe on its file system (ownership.h). `held` are locks() of
  /// the process that has just had the directory; they keep it locked meanwhile.
  static Result<CacheDirectory> open(const std::string& path, bool any_filesystem, std::span<const int> held,
                                     Duration wait);

  /// The descriptors that hold the lock: whoever has a copy of them holds it too.
  [[nodiscard]] std::vector<int> locks() const { return {directory_.get(), lock_.get()}; }

  /// Takes the lock without waiting and without a look at the files, to delete them.
  static Result<CacheDirectory> hold(const std::string& path);

  /// LMDB's pages have no checksums, and without a sync the disk may hold any mixture of old and new ones: a
  /// database that was being written when the machine went down must not even be opened. Call before opening.
  Status discard_if_power_was_lost();
  Status mark_dirty();
  /// Call when all that was written is on the disk. It does not wait for its own mark to be there too: if
  /// power is lost before, the next start begins a new cache.
  Status mark_clean();

  /// Moves the databases and the keyring aside (one such set is kept), to begin anew.
  void set_aside();

  /// Deletes the databases, and what earlier versions of the format have left.
  void discard_databases();

  /// Deletes what was moved aside, and overwrites its keys.
  Status discard_set_aside();

  /// The sizes of the files together; and of those that hold no chunks.
  static std::uint64_t bytes_in(const std::string& directory);
  [[nodiscard]] std::uint64_t bytes_on_disk() const { return bytes_in(path_); }
  [[nodiscard]] std::uint64_t bytes_beside_chunks() const;

  static std::string keyring_in(const std::string& directory) { return directory + "/keyring"; }
  [[nodiscard]] std::string keyring_path() const { return keyring_in(path_); }
  [[nodiscard]] std::string catalog_path() const { return path_ + "/catalog"; }
  [[nodiscard]] std::string chunks_path() const { return path_ + "/chunks"; }

 private:
  CacheDirectory(std::string path, UniqueFd directory, UniqueFd lock)
      : path_(std::move(path)), directory_(std::move(directory)), lock_(std::move(lock)) {}
  Status write_state(const std::string& state, Sync sync);

  std::string path_;
  UniqueFd directory_;
  UniqueFd lock_;
};

}  // namespace mediafs
