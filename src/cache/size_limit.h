// How many chunks fit in the limit of the cache's size, counted in whole pages of its database.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "cache/page_format.h"
#include "cache/sealing.h"
#include "mediafs/base/bytes.h"

namespace mediafs {

/// What a chunk's record takes on disk, in bytes: pages of its own.
constexpr std::uint64_t chunk_on_disk(std::uint64_t page_size) {
  return pages_of_value(kChunkRecordSize, page_size) * page_size;
}

/// The limit of all files together, and what follows from it. Sizes in bytes.
class SizeLimit {
 public:
  /// `page_size`: of the chunks' database.
  constexpr SizeLimit(std::uint64_t bytes, std::uint64_t page_size)
      : bytes_(bytes), chunk_(chunk_on_disk(page_size)) {}

  [[nodiscard]] constexpr std::uint64_t bytes() const { return bytes_; }

  /// False: so many chunks would leave no room for any other.
  [[nodiscard]] constexpr bool fits(std::uint64_t chunks) const {
    return chunks * chunk_ <= bytes_ - reserve();
  }

  /// As many chunks as a transaction may write, or erase, up to `most`: the pages that it frees can be reused
  /// by the transaction after the next at the earliest, and a small cache has little spare room until then.
  [[nodiscard]] constexpr std::size_t per_transaction(std::size_t most) const {
    return std::clamp<std::size_t>(reserve() / 2 / chunk_, 1, most);
  }

  /// How large the chunks' file may be, where the other files take so many bytes.
  [[nodiscard]] constexpr std::uint64_t most_bytes(std::uint64_t other_files) const {
    return bytes_ > other_files ? bytes_ - other_files : 0;
  }

  /// How many chunks may be in it.
  [[nodiscard]] constexpr std::uint64_t most_chunks(std::uint64_t other_files) const {
    return most_bytes(reserve() + other_files) / chunk_;
  }

 private:
  /// Pages that were freed can be used one or two transactions later; until then the file grows.
  [[nodiscard]] constexpr std::uint64_t reserve() const {
    return std::min<std::uint64_t>(12_MiB, bytes_ / 8);
  }

  std::uint64_t bytes_;
  std::uint64_t chunk_;
};

}  // namespace mediafs
