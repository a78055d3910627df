#pragma once

#include <array>
#include <cstddef>
#include <list>
#include <span>
#include <vector>

#include "mediafs/base/mutex.h"
#include "mediafs/filesystem/directory.h"

namespace mediafs {

/// One order in which somebody may be opening the files of a directory, and how far that has come.
class OpeningOrder {
 public:
  explicit OpeningOrder(std::vector<NodeNumber> order) : order_(std::move(order)) {}

  /// Takes an open into account. True: it continues the order, a few files being left out or not.
  bool continues_with(NodeNumber node);

  /// How sure it is: how many files have been opened in this order, the very first counting twice.
  [[nodiscard]] std::size_t steps() const { return steps_; }

  /// What will probably be opened next: the files that follow, the more the more have been in order.
  [[nodiscard]] std::span<const NodeNumber> next() const;

 private:
  std::vector<NodeNumber> order_;
  std::size_t place_ = 0;  // after the file that was opened last
  std::size_t steps_ = 0;
};

/// Which files will be opened next in the directories that were opened last. Thread-safe; its lock is a leaf.
class DirectoryReadAhead {
 public:
  void begin(const Directory& directory) EXCLUDES(mutex_);
  /// The nodes that will probably be opened after this one; none where it continues no order.
  std::vector<NodeNumber> opened(NodeNumber node) EXCLUDES(mutex_);

 private:
  // rsync, tar and shells go by name (as the directory is listed), cp -r by node number.
  using Orders = std::array<OpeningOrder, 2>;

  Mutex mutex_{LockRank::directory_read_ahead};
  std::list<Orders> directories_ GUARDED_BY(mutex_);  // used last first
};

}  // namespace mediafs
