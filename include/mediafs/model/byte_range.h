#pragma once

#include <cstdint>

namespace mediafs {

/// Bytes [offset, offset + length) of a media.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  [[nodiscard]] constexpr std::uint64_t end() const { return offset + length; }
  [[nodiscard]] constexpr bool empty() const { return length == 0; }
  bool operator==(const ByteRange&) const = default;
};

/// The part of `range` that lies below `size`; empty where it begins at or past the end. Never overflows.
constexpr ByteRange clipped(ByteRange range, std::uint64_t size) {
  if (range.offset >= size) return {range.offset, 0};
  const std::uint64_t rest = size - range.offset;
  return {range.offset, range.length < rest ? range.length : rest};
}

}  // namespace mediafs
