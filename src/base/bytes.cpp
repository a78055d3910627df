#include "mediafs/base/bytes.h"

#include <xxhash.h>

#include <random>

namespace mediafs {

namespace {

template <typename Number>
void append_number(std::string& out, Number value) {
  for (int shift = static_cast<int>(sizeof(Number) * 8) - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((value >> shift) & 0xff));
  }
}

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

}  // namespace

std::string to_hex(ByteView bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::byte b : bytes) {
    out.push_back(kDigits[std::to_integer<std::size_t>(b >> 4)]);
    out.push_back(kDigits[std::to_integer<std::size_t>(b & std::byte{0x0f})]);
  }
  return out;
}

void append_big_endian(std::string& out, std::uint32_t value) {
  append_number(out, value);
}
void append_big_endian(std::string& out, std::uint64_t value) {
  append_number(out, value);
}

std::uint64_t fingerprint(ByteView bytes) {
  static const std::uint64_t seed = random_seed();
  return fingerprint(bytes, seed);
}

std::uint64_t fingerprint(ByteView bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace mediafs
