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

/// The version's bytes from `offset` on.
inline void fill(std::uint64_t seed, std::uint64_t offset, MutableBytes out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const std::uint64_t at = offset + done;
    const std::uint64_t word = word_at(seed, at / 8);
    const std::size_t skipped = at % 8;
    const std::size_t count = std::min(8 - skipped, out.size() - done);
    if (count == 8) {
      std::memcpy(out.data() + done, &word, 8);
    } else {
      std::memcpy(out.data() + done, reinterpret_cast<const char*>(&word) + skipped, count);
    }
    done += count;
  }
}

/// Where in the media the first byte stands that is not the version's.
inline std::optional<std::uint64_t> first_difference(std::uint64_t seed, std::uint64_t offset,
                                                     ByteView bytes) {
  std::byte expected[4096];
  for (std::size_t done = 0; done < bytes.size();) {
    const std::size_t count = std::min(sizeof expected, bytes.size() - done);
    fill(seed, offset + done, MutableBytes(expected, count));
    if (std::memcmp(expected, bytes.data() + done, count) != 0) {
      const auto* const different = std::mismatch(expected, expected + count, bytes.data() + done).first;
      return offset + done + static_cast<std::uint64_t>(different - expected);
    }
    done += count;
  }
  return std::nullopt;
}

}  // namespace mediafs::simulation
