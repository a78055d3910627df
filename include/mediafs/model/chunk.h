// A media is held in chunks of one size: what is sealed, cached and kept in memory as one piece.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

#include "mediafs/base/bytes.h"
#include "mediafs/model/byte_range.h"

namespace mediafs {

/// Measured between 64 and 256 KiB: docs/decisions/0004-chunk-size.md. The kernel's reads arrive in this
/// size.
inline constexpr std::uint64_t kChunkSize = 128_KiB;

/// Chunk n holds the bytes from n * kChunkSize on.
enum class ChunkIndex : std::uint32_t {};

constexpr std::uint32_t number_of(ChunkIndex index) {
  return static_cast<std::uint32_t>(index);
}
constexpr ChunkIndex next(ChunkIndex index) {
  return ChunkIndex{number_of(index) + 1};
}
constexpr std::uint64_t start_of(ChunkIndex index) {
  return number_of(index) * kChunkSize;
}
constexpr ChunkIndex chunk_at(std::uint64_t offset) {
  return ChunkIndex{static_cast<std::uint32_t>(offset / kChunkSize)};
}

/// The largest size of a media that is accepted: far beyond any, and far below where chunks could not be
/// numbered.
inline constexpr std::uint64_t kMaxMediaSize = 1024_GiB;

/// How many chunks `size` bytes take; 0 for an empty media.
constexpr std::uint32_t chunk_count(std::uint64_t size) {
  return static_cast<std::uint32_t>((size + kChunkSize - 1) / kChunkSize);
}

/// How many bytes the chunk holds in a media of `size` bytes: kChunkSize but for the last one.
constexpr std::uint64_t chunk_length(std::uint64_t size, ChunkIndex index) {
  return clipped({start_of(index), kChunkSize}, size).length;
}

/// The half-open run of chunks that holds a range.
struct ChunkSpan {
  ChunkIndex first{};
  ChunkIndex past{};

  [[nodiscard]] std::uint32_t count() const { return number_of(past) - number_of(first); }
};

constexpr ChunkSpan chunks_covering(ByteRange range) {
  if (range.empty()) return {chunk_at(range.offset), chunk_at(range.offset)};
  return {chunk_at(range.offset), next(chunk_at(range.end() - 1))};
}

/// The part of the chunk, as a range within it, that lies in `range`. REQUIRES: the range covers some of it.
constexpr ByteRange part_within(ChunkIndex index, ByteRange range) {
  const std::uint64_t start = start_of(index);
  const std::uint64_t from = range.offset > start ? range.offset - start : 0;
  const std::uint64_t to = range.end() - start < kChunkSize ? range.end() - start : kChunkSize;
  return {from, to - from};
}

/// Names one version of a media's bytes: drawn at random when a version is first seen, so unique among all
/// media too. Two versions are never mixed, in memory or on disk.
enum class Revision : std::uint64_t {};

struct ChunkKey {
  Revision revision{};
  ChunkIndex index{};
  auto operator<=>(const ChunkKey&) const = default;
};

}  // namespace mediafs

template <>
struct std::hash<mediafs::ChunkKey> {
  std::size_t operator()(const mediafs::ChunkKey& key) const noexcept {
    // The revision is random; an odd multiplier spreads neighbouring chunks over the buckets.
    return static_cast<std::size_t>(static_cast<std::uint64_t>(key.revision) ^
                                    (mediafs::number_of(key.index) * 0x9e3779b97f4a7c15ULL));
  }
};
