// The bytes of a media's version, computed and not kept: any part of them can be made or compared at once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>

#include "mediafs/base/bytes.h"

namespace mediafs::simulation {

/// Eight bytes of the version that `seed` names; no two words of a version are equal.
constexpr std::uint64_t word_at(std::uint64_t seed, std::uint64_t number) {
  return seed + number * 0x9e3779b97f4a7c15;
}

/// What is left of the word at `offset`, or as much of it as fits. How much.
inline std::size_t fill_part(std::uint64_t seed, std::uint64_t offset, MutableBytes out) {
  const std::uint64_t word = word_at(seed, offset / 8);
  const std::size_t count = std::min<std::size_t>(8 - offset % 8, out.size());
  std::memcpy(out.data(), reinterpret_cast<const char*>(&word) + offset % 8, count);
  return count;
}

/// The version's bytes from `offset` on.
inline void fill(std::uint64_t seed, std::uint64_t offset, MutableBytes out) {
  if (offset % 8 != 0) {
    const std::size_t done = fill_part(seed, offset, out);
    out = out.subspan(done);
    offset += done;
  }
  const std::size_t words = out.size() / 8;
  for (std::size_t i = 0; i < words; ++i) {  // which the compiler makes vectors of
    const std::uint64_t word = word_at(seed, offset / 8 + i);
    std::memcpy(out.data() + 8 * i, &word, 8);
  }
  if (out.size() % 8 != 0) fill_part(seed, offset + 8 * words, out.subspan(8 * words));
}

/// Whether the bytes are the version's from `offset` on, which is where a word begins.
inline bool are_words(std::uint64_t seed, std::uint64_t offset, ByteView bytes) {
  std::uint64_t difference = 0;
  for (std::size_t i = 0; i < bytes.size() / 8; ++i) {  // as in fill()
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + 8 * i, 8);
    difference |= word ^ word_at(seed, offset / 8 + i);
  }
  return difference == 0;
}

/// Where in the media the first byte stands that is not the version's.
inline std::optional<std::uint64_t> first_difference(std::uint64_t seed, std::uint64_t offset,
                                                     ByteView bytes) {
  constexpr std::size_t kBlock = 4096;
  std::byte expected[kBlock];
  for (std::size_t done = 0; done < bytes.size();) {
    const std::uint64_t from = offset + done;
    const ByteView block =
        bytes.subspan(done, std::min<std::size_t>(kBlock - from % kBlock, bytes.size() - done));
    done += block.size();
    if (block.size() == kBlock && are_words(seed, from, block)) continue;
    fill(seed, from, MutableBytes(expected, block.size()));
    const auto* const different = std::mismatch(expected, expected + block.size(), block.data()).first;
    if (different != expected + block.size()) return from + static_cast<std::uint64_t>(different - expected);
  }
  return std::nullopt;
}

}  // namespace mediafs::simulation
