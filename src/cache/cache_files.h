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
  /// Lets go of it, also where a process that it forked still syncs (synced_within).
  ~CacheDirectory();
  CacheDirectory(CacheDirectory&&) = default;
  CacheDirectory& operator=(CacheDirectory&&) = delete;
  CacheDirectory(const CacheDirectory&) = delete;
  CacheDirectory& operator=(const CacheDirectory&) = delete;

  /// Makes the directory (0700) where it is missing and takes its lock, waiting `wait` for a server
  /// that is just going. Errc::unavailable: another server has it. Errc::denied: it, or what is in it, is not
  /// ours alone, or its file system is none for a database (ownership.h).
  /// `held` are locks() of a process that has just had it, and keep it locked meanwhile.
  static Result<CacheDirectory> open(const std::string& path, bool any_filesystem, std::span<const int> held,
                                     Duration wait);

  /// Whoever has these has the lock.
  [[nodiscard]] std::vector<int> locks() const { return {directory_.get(), lock_.get()}; }

  /// The same whatever the files in it are, without waiting: to delete them.
  static Result<CacheDirectory> hold(const std::string& path);

  /// LMDB's pages have no checksums, and without a sync the disk may hold any mixture of old and new ones: a
  /// database that was being written when the machine went down must not even be opened. Call before opening.
  Status discard_if_power_was_lost();
  Status mark_dirty();
  /// When all that was written is on the disk. Does not wait for it: until the mark is there too, power loss
  /// costs the cache.
  Status mark_clean();

  /// Moves the databases and the keyring aside (one such set is kept), to begin anew.
  void set_aside();

  /// The databases without any trace, and what earlier versions of the format left.
  void discard_databases();

  /// What was moved aside, for good: its keys are overwritten.
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
