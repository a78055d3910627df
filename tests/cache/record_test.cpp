#include "cache/record.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

MediaItem sample() {
  return {.id = *MediaId::parse("some-media-00000001"),
          .revision = Revision{0x0102030405060708},
          .size = 123456789,
          .content_type = "video/mp4",
          .modified = 1'700'000'000,
          .etag = "\"tag\"",
          .complete = true,
          .unverified = true};
}

TEST(Record, ComesBackAsItWas) {
  EXPECT_EQ(decode_item(bytes_of(encode_item(sample()))), sample());
  MediaItem bare = sample();
  bare.content_type.clear();
  bare.etag.clear();
  bare.complete = bare.unverified = false;
  bare.modified = -1;
  EXPECT_EQ(decode_item(bytes_of(encode_item(bare))), bare);
}

TEST(Record, ItsSizeTellsLittle) {
  EXPECT_EQ(encode_item(sample()).size(), 256U);
  MediaItem longer = sample();
  longer.content_type += "/longer";
  EXPECT_EQ(encode_item(longer).size(), 256U);
}

TEST(Record, CutOrForeignBytesAreRefused) {
  const std::string record = encode_item(sample());
  for (std::size_t length = 0; length < 90; ++length) {
    EXPECT_FALSE(decode_item(bytes_of(record.substr(0, length))).has_value()) << length;
  }
  EXPECT_FALSE(decode_item(bytes_of(record + "x")).has_value());
  EXPECT_FALSE(decode_item(bytes_of(std::string(256, '\xff'))).has_value());
  EXPECT_FALSE(decode_item(bytes_of(std::string(256, '\0'))).has_value());
}

}  // namespace
}  // namespace mediafs
