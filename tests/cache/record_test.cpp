#include "cache/record.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

MediaItem sample_item() {
  return {.id = *MediaId::parse("some-media-00000001"),
          .revision = Revision{0x0102030405060708},
          .size = 123456789,
          .content_type = "video/mp4",
          .modified = 1'700'000'000,
          .shown = 1'700'000'005,
          .etag = "\"tag\"",
          .confirmed = 1'700'000'002,
          .complete = true,
          .unverified = true};
}

StoredItem sample() {
  return {.item = sample_item(), .stored_at = 1'700'000'003, .last_used_at = 1'700'000'004};
}

TEST(Record, ComesBackAsItWas) {
  EXPECT_EQ(decode_item(bytes_of(encode_item(sample()))), sample());
  StoredItem bare = sample();
  bare.item.content_type.clear();
  bare.item.etag.clear();
  bare.item.complete = bare.item.unverified = false;
  bare.item.modified = -1;
  EXPECT_EQ(decode_item(bytes_of(encode_item(bare))), bare);
}

TEST(Record, ItsSizeTellsLittle) {
  EXPECT_EQ(encode_item(sample()).size(), 256U);
  StoredItem longer = sample();
  longer.item.content_type += "/longer";
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

Listing sample_listing() {
  Listing listing{.key = {ListingKind::session_media, *MediaId::parse("some-session-0000001")}};
  listing.listed = 1'700'000'000;
  listing.changed = -5;
  listing.media.push_back({.id = *MediaId::parse("some-media-00000001"),
                           .context = std::string("fa\0ce\n", 6),
                           .content_type = "image/png",
                           .size = 1ULL << 40,
                           .duration = "3.5",
                           .session = "some-session-0000001",
                           .first_seen = 12});
  listing.media.push_back({.id = *MediaId::parse("some-media-00000002"), .size = std::nullopt});
  listing.media.push_back({.id = *MediaId::parse("some-media-00000003"), .size = 0});
  listing.attempts.push_back({.id = *MediaId::parse("some-attempt-000001"), .created = 7});
  listing.attempts.push_back({.id = *MediaId::parse("some-attempt-000002"), .created = std::nullopt});
  return listing;
}

TEST(ListingRecord, ComesBackAsItWas) {
  const std::string record = encode_listing(sample_listing());
  EXPECT_EQ(decode_listing(bytes_of(record)), sample_listing());
  EXPECT_EQ(decode_listing(bytes_of(record + std::string(100, '\0'))), sample_listing());
}

TEST(ListingRecord, CutOrForeignBytesAreRefused) {
  const std::string record = encode_listing(sample_listing());
  for (std::size_t length = 0; length < record.size(); ++length) {
    EXPECT_FALSE(decode_listing(bytes_of(record.substr(0, length))).has_value()) << length;
  }
  EXPECT_FALSE(decode_listing(bytes_of(record + "x")).has_value());
  EXPECT_FALSE(decode_listing(bytes_of(std::string(256, '\xff'))).has_value());
  EXPECT_FALSE(decode_listing(bytes_of(std::string(256, '\0'))).has_value());
}

}  // namespace
}  // namespace mediafs
