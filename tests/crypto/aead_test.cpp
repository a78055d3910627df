#include "mediafs/crypto/aead.h"

#include <gtest/gtest.h>

#include "mediafs/crypto/random.h"

namespace mediafs::crypto {
namespace {

constexpr std::string_view kPlain = "a person's face";

TEST(Aead, OpensWhatItSealed) {
  const SecretKey key = random_key();
  const std::string sealed = seal(key, bytes_of("place"), bytes_of(kPlain));
  EXPECT_EQ(sealed.size(), kPlain.size() + kSealOverhead);
  EXPECT_EQ(open(key, bytes_of("place"), bytes_of(sealed)), kPlain);
}

TEST(Aead, EveryFlippedBitIsNoticed) {
  const SecretKey key = random_key();
  const std::string sealed = seal(key, bytes_of("place"), bytes_of(kPlain));
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string flipped = sealed;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(open(key, bytes_of("place"), bytes_of(flipped)).has_value()) << bit;
  }
}

TEST(Aead, AnotherPlaceKeyOrLengthIsNoticed) {
  const SecretKey key = random_key();
  const std::string sealed = seal(key, bytes_of("place"), bytes_of(kPlain));
  EXPECT_FALSE(open(key, bytes_of("other"), bytes_of(sealed)).has_value());
  EXPECT_FALSE(open(random_key(), bytes_of("place"), bytes_of(sealed)).has_value());
  for (std::size_t length = 0; length < sealed.size(); ++length) {
    EXPECT_FALSE(
        open(key, bytes_of("place"), bytes_of(std::string_view(sealed).substr(0, length))).has_value());
  }
}

TEST(Aead, NothingUnverifiedIsLeftInTheBuffer) {
  const SecretKey key = random_key();
  std::string sealed = seal(key, bytes_of("place"), bytes_of(kPlain));
  std::string text = sealed.substr(kNonceSize, kPlain.size());
  const std::string nonce = sealed.substr(0, kNonceSize);
  const std::string wrong_tag(kTagSize, 'x');
  EXPECT_FALSE(open_in_place(key, bytes_of("place"),
                             {.nonce = bytes_of(nonce),
                              .text = std::as_writable_bytes(std::span(text)),
                              .tag = bytes_of(wrong_tag)}));
  EXPECT_EQ(text, std::string(kPlain.size(), '\0'));
}

TEST(Aead, TwoSealsOfTheSameDiffer) {
  const SecretKey key = random_key();
  EXPECT_NE(seal(key, {}, bytes_of(kPlain)), seal(key, {}, bytes_of(kPlain)));
}

}  // namespace
}  // namespace mediafs::crypto
