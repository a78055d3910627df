#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mediafs/base/bytes.h"

namespace mediafs {

/// Which requests have been taken from the kernel and not been answered, by their numbers (fuse_in_header's
/// `unique`). It is in the hand-over memory, and right at whatever instruction the process ends: each entry
/// is one word. Thread-safe, without a lock.
class RequestTable {
 public:
  static constexpr std::size_t kPlaces = std::size_t{1} << 17;
  static constexpr std::size_t kBytes = kPlaces * sizeof(std::uint64_t);

  /// `memory` has kBytes, aligned for its words; zeros are an empty table.
  explicit RequestTable(MutableBytes memory) : places_(reinterpret_cast<std::uint64_t*>(memory.data())) {}

  /// Numbers are never 0. With so many requests under way that no place is near, one is not noted.
  void add(std::uint64_t number);
  void remove(std::uint64_t number);

  [[nodiscard]] std::vector<std::uint64_t> all() const;
  [[nodiscard]] bool empty() const;

 private:
  [[nodiscard]] std::atomic_ref<std::uint64_t> place(std::uint64_t number, std::size_t step) const;

  std::uint64_t* const places_;
};

}  // namespace mediafs
