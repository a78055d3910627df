#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "mediafs/base/bytes.h"
#include "mediafs/base/mutex.h"
#include "mediafs/base/result.h"
#include "mediafs/filesystem/node.h"
#include "mediafs/model/chunk.h"

namespace mediafs {

/// Names one opening of a file, as long as it is open. Unlike any other of the same mount.
enum class FileHandle : std::uint64_t {};

/// Which files are open, and in which version. It is in the hand-over memory, so that a later server knows it
/// too. The handle of an entry is written last, so that there is no half entry, at whatever instruction the
/// process ends. Thread-safe; its lock is a leaf.
class OpenFiles {
 public:
  static constexpr std::size_t kMost = std::size_t{1} << 20;
  static constexpr std::size_t kBytes = (kMost + 1) * 32;

  struct File {
    FileHandle handle{};
    NodeNumber node{};
    Revision version{};
    std::uint64_t size = 0;  // of that version
  };

  /// `hand_over` has kBytes, aligned for its words: zeros, or what an earlier server has left.
  explicit OpenFiles(MutableBytes hand_over);

  /// In the place of one with the same handle, if there is one. Errc::no_space: kMost are open.
  Status add(const File& file) EXCLUDES(mutex_);
  [[nodiscard]] std::optional<File> find(FileHandle handle) const EXCLUDES(mutex_);
  /// The one that was there.
  std::optional<File> remove(FileHandle handle) EXCLUDES(mutex_);
  [[nodiscard]] std::vector<File> all() const EXCLUDES(mutex_);
  [[nodiscard]] std::size_t count() const EXCLUDES(mutex_);

 private:
  struct Place;

  [[nodiscard]] Place& place(std::size_t index) const;
  std::optional<std::size_t> free_place() REQUIRES(mutex_);

  const MutableBytes hand_over_;
  mutable Mutex mutex_{LockRank::open_files};
  std::unordered_map<FileHandle, std::size_t> places_ GUARDED_BY(mutex_);
  std::vector<std::size_t> free_ GUARDED_BY(mutex_);  // of those that have been used
};

}  // namespace mediafs
