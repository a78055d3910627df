#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>

#include "mediafs/base/buffer_pool.h"
#include "mediafs/model/chunk.h"

namespace mediafs {

/// What has been seen of one version's bytes, to notice when a second transfer brings other ones: an origin
/// without validators gives no other sign. Guarded by its owner.
class ChunkFingerprints {
 public:
  /// Whether the chunk agrees with what was seen of it before; remembers it.
  bool agrees(ChunkIndex index, ByteView chunk);

  /// A transfer broke within a chunk, of which readers may have had the first `filled` bytes. What breaks
  /// later within the same chunk nobody has seen.
  void leave_remnant(ChunkIndex index, Buffer bytes, std::uint64_t filled) {
    if (!seen(index)) remnants_.try_emplace(index, Remnant{std::move(bytes), filled});
  }
  /// Until that chunk has come again whole, no part of it can be trusted to continue what was served.
  [[nodiscard]] bool has_remnant(ChunkIndex index) const { return remnants_.contains(index); }

  [[nodiscard]] bool seen(ChunkIndex index) const { return prints_.contains(index); }
  /// How many different chunks.
  [[nodiscard]] std::size_t count() const { return prints_.size(); }

 private:
  struct Remnant {
    Buffer bytes;
    std::uint64_t filled = 0;
  };

  std::unordered_map<ChunkIndex, std::uint64_t> prints_;
  std::unordered_map<ChunkIndex, Remnant> remnants_;
};

}  // namespace mediafs
