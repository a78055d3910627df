#include "mediafs/store/served_fingerprints.h"

#include <gtest/gtest.h>

#include "mediafs/base/shared_memory.h"

namespace mediafs {
namespace {

class GivenOutTest : public ::testing::Test {
 protected:
  static ChunkKey key(std::uint64_t revision, std::uint32_t index) {
    return {Revision{revision}, ChunkIndex{index}};
  }
  static ByteView chunk(const std::string& text) { return bytes_of(text); }

  const SharedMemory memory_ = *SharedMemory::map(*SharedMemory::create(ServedFingerprints::kBytes));
  ServedFingerprints given_{memory_.bytes()};
};

TEST_F(GivenOutTest, WhatHasBeenGivenOutIsKnownToTheNextServer) {
  given_.note(key(1, 0), chunk("one"));
  given_.note(key(1, 1), chunk("two"));
  const ServedFingerprints next(memory_.bytes());
  EXPECT_EQ(next.agrees(key(1, 0), chunk("one")), true);
  EXPECT_EQ(next.agrees(key(1, 0), chunk("two")), false);
  EXPECT_EQ(next.agrees(key(1, 1), chunk("two")), true);
  EXPECT_EQ(next.agrees(key(1, 2), chunk("two")), std::nullopt);
  EXPECT_EQ(next.agrees(key(2, 0), chunk("one")), std::nullopt);
}

TEST_F(GivenOutTest, EveryChunkOfTwentyFiveGibibytesIsFoundAgain) {
  constexpr std::uint64_t kVersions = 100;
  constexpr std::uint32_t kChunks = 2'000;
  const auto revision = [](std::uint64_t version) { return version * 0x123456789abcdef1; };
  for (std::uint64_t version = 1; version <= kVersions; ++version) {
    for (std::uint32_t index = 0; index < kChunks; ++index)
      given_.note(key(revision(version), index), chunk(std::to_string(version * kChunks + index)));
  }
  for (std::uint64_t version = 1; version <= kVersions; ++version) {
    for (std::uint32_t index = 0; index < kChunks; ++index)
      ASSERT_EQ(
          given_.agrees(key(revision(version), index), chunk(std::to_string(version * kChunks + index))),
          true);
  }
}

}  // namespace
}  // namespace mediafs
