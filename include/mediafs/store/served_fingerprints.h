#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "mediafs/base/bytes.h"
#include "mediafs/model/chunk.h"

namespace mediafs {

/// Fingerprints of chunks that readers have been given, of versions that no entity tag tells from others, in
/// memory that outlives the process: by them a later server knows whether what the origin sends it is of the
/// same version. Thread-safe, without a lock; a version's chunks are noted by one thread at a time.
///
/// A chunk is found as long as the table is far from full: 1,048,576 chunks are 128 GiB.
class ServedFingerprints {
 public:
  static constexpr std::size_t kPlaces = std::size_t{1} << 20;
  static constexpr std::size_t kBytes = 4096 + kPlaces * 16;

  /// `hand_over` has kBytes, page-aligned: zeros, or what an earlier server has left.
  explicit ServedFingerprints(MutableBytes hand_over);

  /// Before anybody is given it.
  void note(ChunkKey key, ByteView chunk);

  /// Whether it is what has been given out; nothing where that is not known.
  [[nodiscard]] std::optional<bool> agrees(ChunkKey key, ByteView chunk) const;

 private:
  struct Place;

  [[nodiscard]] std::uint64_t& seed() const;
  [[nodiscard]] Place& place(std::uint64_t name, std::size_t step) const;

  const MutableBytes hand_over_;
};

}  // namespace mediafs
