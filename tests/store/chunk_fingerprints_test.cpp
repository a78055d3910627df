#include "store/download/chunk_fingerprints.h"

#include <cstring>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

Buffer buffer_of(std::string_view text) {
  Buffer bytes(new std::byte[text.size()]);
  std::memcpy(bytes.get(), text.data(), text.size());
  return bytes;
}

TEST(ChunkFingerprints, TheSameBytesAgreeAndOthersDoNot) {
  ChunkFingerprints seen;
  EXPECT_TRUE(seen.agrees(ChunkIndex{3}, bytes_of("face")));
  EXPECT_TRUE(seen.agrees(ChunkIndex{3}, bytes_of("face")));
  EXPECT_FALSE(seen.agrees(ChunkIndex{3}, bytes_of("fake")));
  EXPECT_EQ(seen.count(), 1U);
  EXPECT_TRUE(seen.seen(ChunkIndex{3}));
  EXPECT_FALSE(seen.seen(ChunkIndex{2}));
}

TEST(ChunkFingerprints, WhatFollowsARemnantMustBeginAsItDid) {
  for (const std::string_view whole : {"abcd", "abxd", "a"}) {
    ChunkFingerprints seen;
    seen.leave_remnant(ChunkIndex{0}, buffer_of("abc?"), 3);
    EXPECT_TRUE(seen.has_remnant(ChunkIndex{0}));
    EXPECT_FALSE(seen.has_remnant(ChunkIndex{1}));
    EXPECT_EQ(seen.agrees(ChunkIndex{0}, bytes_of(whole)), whole == "abcd") << whole;
  }
}

TEST(ChunkFingerprints, WhatWasSeenFirstOfAChunkIsWhatCounts) {
  ChunkFingerprints seen;
  seen.leave_remnant(ChunkIndex{0}, buffer_of("abc"), 3);
  seen.leave_remnant(ChunkIndex{0}, buffer_of("xbc"), 3);
  seen.leave_remnant(ChunkIndex{7}, buffer_of("ijk"), 3);
  EXPECT_FALSE(seen.agrees(ChunkIndex{0}, bytes_of("xbcd")));
  EXPECT_TRUE(seen.agrees(ChunkIndex{0}, bytes_of("abcd")));
  EXPECT_FALSE(seen.agrees(ChunkIndex{7}, bytes_of("xjkl")));
}

TEST(ChunkFingerprints, OfAChunkThatWasSeenWholeThereIsNoRemnant) {
  ChunkFingerprints seen;
  EXPECT_TRUE(seen.agrees(ChunkIndex{0}, bytes_of("abcd")));
  seen.leave_remnant(ChunkIndex{0}, buffer_of("xbc"), 3);
  EXPECT_FALSE(seen.has_remnant(ChunkIndex{0}));
  EXPECT_TRUE(seen.agrees(ChunkIndex{0}, bytes_of("abcd")));
}

}  // namespace
}  // namespace mediafs
