#include "mediafs/crypto/digest.h"

#include <gtest/gtest.h>

namespace mediafs::crypto {
namespace {

TEST(Sha256, KnownAnswer) {
  EXPECT_EQ(to_hex(sha256(bytes_of("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(HmacSha256, Rfc4231Case2) {
  EXPECT_EQ(to_hex(hmac_sha256(bytes_of("Jefe"), bytes_of("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(HmacSha256, AnEmptyKeyIsAKey) {
  EXPECT_EQ(to_hex(hmac_sha256({}, {})), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(HmacSha256, PiecesMakeTheSameDigestAsTheWhole) {
  HmacSha256 mac(bytes_of("Jefe"));
  mac.update(bytes_of("what do ya want "));
  mac.update({});
  mac.update(bytes_of("for nothing?"));
  EXPECT_EQ(mac.finish(), hmac_sha256(bytes_of("Jefe"), bytes_of("what do ya want for nothing?")));
}

TEST(Hkdf, Rfc5869Case1) {
  const std::string secret(22, '\x0b');
  std::string salt;
  for (char c = 0; c <= 0x0c; ++c) salt.push_back(c);
  const std::string info = "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9";
  EXPECT_EQ(to_hex(hkdf_sha256(bytes_of(secret), bytes_of(salt), info).view()),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}

TEST(EqualInConstantTime, TellsContentAndLengthApart) {
  EXPECT_TRUE(equal_in_constant_time(bytes_of("same"), bytes_of("same")));
  EXPECT_FALSE(equal_in_constant_time(bytes_of("same"), bytes_of("sane")));
  EXPECT_FALSE(equal_in_constant_time(bytes_of("same"), bytes_of("samee")));
}

}  // namespace
}  // namespace mediafs::crypto
