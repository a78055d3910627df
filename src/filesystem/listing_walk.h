#pragma once

#include <cstddef>
#include <list>
#include <span>

#include "mediafs/base/mutex.h"
#include "mediafs/filesystem/filesystem.h"

namespace mediafs {

/// Somebody who opens a directory's files one after another in its order, as cp, tar and rsync do.
class ListingWalk {
 public:
  explicit ListingWalk(DirectorySnapshot listing) : listing_(std::move(listing)) {}

  /// Takes an open into account. True: it goes on with this walk, a few entries being left out or not.
  bool goes_on_with(NodeNumber node);

  /// What will probably be opened next: the entries that follow, once two in order have been.
  [[nodiscard]] std::span<const DirectoryEntry> next() const;

 private:
  DirectorySnapshot listing_;
  std::size_t place_ = 0;  // after the entry that was opened last
  std::size_t steps_ = 0;
};

/// The walks through the directories that were opened last. Thread-safe; its lock is a leaf.
class ListingWalks {
 public:
  void begin(DirectorySnapshot listing) EXCLUDES(mutex_);
  /// The nodes that will probably be opened after this one; none where no walk goes on with it.
  std::vector<NodeNumber> opened(NodeNumber node) EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::list<ListingWalk> walks_ GUARDED_BY(mutex_);  // used last first
};

}  // namespace mediafs
