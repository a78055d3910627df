#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "mediafs/base/buffer_pool.h"
#include "mediafs/base/bytes.h"
#include "mediafs/model/chunk.h"

namespace mediafs {

/// Of a chunk, its first bytes alone.
struct PartialChunk {
  ChunkIndex index{};
  Buffer bytes;  // null: there are none
  std::uint64_t filled = 0;
};

/// Turns the pieces of one body into chunks, and keeps those that may not be seen before the body has been
/// verified. Guarded by its owner.
class ChunkAssembler {
 public:
  explicit ChunkAssembler(std::uint64_t position) : position_(position) {}

  /// Goes on at `position`, with nothing in hand. What there was of the chunk under way.
  PartialChunk restart_at(std::uint64_t position);

  /// Where the next byte stands in the media.
  [[nodiscard]] std::uint64_t position() const { return position_; }

  /// The chunk under way: nothing in `filling()` where its first byte has yet to come.
  [[nodiscard]] ChunkIndex filling_chunk() const { return chunk_at(position_ - filled_); }
  [[nodiscard]] const Buffer& filling() const { return filling_; }
  [[nodiscard]] std::uint64_t filled() const { return filled_; }

  /// How many more blocks of memory a piece of that size takes.
  [[nodiscard]] std::size_t blocks_needed(std::size_t piece) const;
  void add_blocks(std::vector<Buffer>&& blocks);

  /// Takes in as much of the piece as fits into the chunk under way, and gives the rest.
  /// REQUIRES: blocks_needed() was 0 for the whole piece.
  ByteView take(ByteView piece);

  /// The chunk under way, with zeros behind its last byte (the cache seals whole chunks); the next one
  /// follows.
  Buffer take_chunk();

  void hold(ChunkIndex index, Buffer chunk) { held_[index] = std::move(chunk); }
  [[nodiscard]] bool holds_any() const { return !held_.empty(); }
  /// From the first held chunk to the last: they follow each other.
  [[nodiscard]] ChunkSpan held() const;
  [[nodiscard]] std::map<ChunkIndex, Buffer> take_held() { return std::exchange(held_, {}); }

  /// All memory is given back: nothing goes on from here.
  void release_buffers();

 private:
  std::uint64_t position_;
  std::uint64_t filled_ = 0;  // bytes of the chunk under way
  Buffer filling_;
  std::vector<Buffer> spare_;
  std::map<ChunkIndex, Buffer> held_;
};

}  // namespace mediafs
