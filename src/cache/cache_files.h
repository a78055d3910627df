// The small files of a cache directory: the lock, the wrapped key, and the mark that tells whether power was
// lost while the databases were being written.
#pragma once

#include <string>
#include <vector>

#include "cache/sealing.h"
#include "mediafs/base/result.h"
#include "mediafs/base/secret.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {

/// One cache directory, held by this process.
class CacheDirectory {
 public:
  /// Makes the directory (0700) where it is missing and takes its lock, waiting a few seconds for a server
  /// that is just going. Errc::unavailable: another server has it.
  static Result<CacheDirectory> open(const std::string& path);

  struct Key {
    SecretKey key;
    CacheId id{};
  };
  /// The cache's key, unwrapped with any of `secrets`; made anew, wrapped with the first, where there is none
  /// yet. Errc::denied: there is one, under another secret. Errc::corrupt: the file is not one of ours.
  Result<Key> load_or_make_key(const std::vector<SecretString>& secrets);

  /// LMDB's pages have no checksums, and without a sync the disk may hold any mixture of old and new ones: a
  /// database that was being written when the machine went down must not even be opened. Call before opening.
  Status discard_if_power_was_lost();
  Status mark_dirty();
  Status mark_clean();

  /// Moves the databases and the key aside (one such set is kept), to begin anew.
  void set_aside();

  [[nodiscard]] std::string catalog_path() const { return path_ + "/catalog"; }
  [[nodiscard]] std::string chunks_path() const { return path_ + "/chunks"; }

 private:
  CacheDirectory(std::string path, UniqueFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  Result<Key> make_key(const SecretString& secret);
  Status write_file(const std::string& name, std::string_view content);
  [[nodiscard]] Result<std::string> read_file(const std::string& name) const;

  std::string path_;
  UniqueFd lock_;
};

}  // namespace mediafs
