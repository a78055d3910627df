#include "mediafs/base/bytes.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

TEST(Bytes, HexIsLowerCaseAndTwoDigitsAByte) {
  EXPECT_EQ(to_hex(bytes_of(std::string_view("\x00\x0f\xa5", 3))), "000fa5");
}

TEST(Bytes, BigEndianNumbersSortAsTheyCount) {
  std::string small;
  std::string large;
  append_big_endian(small, std::uint32_t{255});
  append_big_endian(large, std::uint32_t{256});
  EXPECT_EQ(small, std::string("\0\0\0\xff", 4));
  EXPECT_LT(small, large);
}

TEST(Bytes, FingerprintsTellOneChangedBitApart) {
  std::string bytes(100'000, 'x');
  const auto before = fingerprint(bytes_of(bytes));
  EXPECT_EQ(before, fingerprint(bytes_of(bytes)));
  bytes[77'777] ^= 1;
  EXPECT_NE(before, fingerprint(bytes_of(bytes)));
}

}  // namespace
}  // namespace mediafs
