#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
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

  /// The place where it is noted now. Numbers are never 0. With so many requests under way that no place is
  /// near, one is not noted.
  std::optional<std::size_t> add(std::uint64_t number);
  [[nodiscard]] std::optional<std::size_t> find(std::uint64_t number) const;
  void remove(std::uint64_t number);

  [[nodiscard]] std::vector<std::uint64_t> all() const;
  [[nodiscard]] bool empty() const;

 private:
  [[nodiscard]] std::atomic_ref<std::uint64_t> at(std::size_t place) const {
    return std::atomic_ref(places_[place]);
  }

  std::uint64_t* const places_;
};

}  // namespace mediafs
