#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace mediafs::sandbox {

// What an id of the form `gen-<decimal size>-<seed text>` says about its media.
struct Synthetic {
  std::uint64_t size = 0;
  std::uint64_t seed = 0;
};

// The media that `id` describes, or nothing when it is not of that form. The seed depends on the
// seed text only: two sizes of one seed are a prefix of each other.
std::optional<Synthetic> synthetic_from_id(std::string_view id);

// Writes the bytes [offset, offset + out.size()) of the endless stream that `seed` names: a pure
// function, the same on every machine of one byte order, at several GB/s.
void fill_synthetic(std::uint64_t seed, std::uint64_t offset, std::span<std::byte> out);

}  // namespace mediafs::sandbox
