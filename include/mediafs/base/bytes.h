// Views of raw memory, sizes with their unit, and the two encodings the project needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mediafs {

using ByteView = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

constexpr std::uint64_t operator""_KiB(unsigned long long n) {
  return n * 1024;
}
constexpr std::uint64_t operator""_MiB(unsigned long long n) {
  return n * 1024 * 1024;
}
constexpr std::uint64_t operator""_GiB(unsigned long long n) {
  return n * 1024 * 1024 * 1024;
}

inline ByteView bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

inline std::string_view text_of(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Lowercase, two digits a byte.
std::string to_hex(ByteView bytes);

/// Appends `value` most significant byte first, so that keys sort as their numbers do.
void append_big_endian(std::string& out, std::uint32_t value);
void append_big_endian(std::string& out, std::uint64_t value);

/// A number that tells two byte strings apart: equal bytes give equal prints within one process. Not for
/// secrets and not stable across processes (seeded at random, so that nobody can prepare a collision).
std::uint64_t fingerprint(ByteView bytes);
/// The same in all processes that have the seed.
std::uint64_t fingerprint(ByteView bytes, std::uint64_t seed);

}  // namespace mediafs
