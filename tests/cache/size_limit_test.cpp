#include "cache/size_limit.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

TEST(ChunkOnDisk, IsItsWholePagesWhateverTheirSize) {
  EXPECT_EQ(chunk_on_disk(4_KiB), 33 * 4_KiB);
  EXPECT_EQ(chunk_on_disk(16_KiB), 9 * 16_KiB);
  EXPECT_EQ(chunk_on_disk(32_KiB), 5 * 32_KiB);
  EXPECT_EQ(chunk_on_disk(64_KiB), 3 * 64_KiB);
}

TEST(PageSize, IsTheMachinesUpToWhatLmdbHasAtMost) {
  EXPECT_EQ(page_size_on(4_KiB), 4_KiB);
  EXPECT_EQ(page_size_on(16_KiB), 16_KiB);
  EXPECT_EQ(page_size_on(64_KiB), 32_KiB);
}

class SizeLimitTest : public testing::TestWithParam<std::uint64_t> {};

/// Else LMDB's file is full before anything is asked to give way, and what is full replaces nothing.
TEST_P(SizeLimitTest, AllItsChunksAreWithinItAndOneMoreWouldNotBe) {
  const std::uint64_t chunk = chunk_on_disk(GetParam());
  for (const std::uint64_t bytes : {4_MiB, 64_MiB, 10_GiB, 1024_GiB}) {
    const SizeLimit limit(bytes, GetParam());
    const std::uint64_t reserve = std::min<std::uint64_t>(12_MiB, bytes / 8);
    const std::uint64_t most = limit.most_chunks(0);
    EXPECT_LE(most * chunk + reserve, bytes);
    EXPECT_GT((most + 1) * chunk + reserve, bytes);
    EXPECT_TRUE(limit.fits(most));
    EXPECT_FALSE(limit.fits(most + 1));
  }
}

TEST_P(SizeLimitTest, WhatATransactionFreesIsWithinTheReserve) {
  const std::uint64_t chunk = chunk_on_disk(GetParam());
  EXPECT_LE(2 * SizeLimit(64_MiB, GetParam()).per_transaction(64) * chunk, 12_MiB);
  EXPECT_EQ(SizeLimit(1, GetParam()).per_transaction(64), 1U);
  EXPECT_EQ(SizeLimit(10_GiB, GetParam()).per_transaction(20), 20U);
}

TEST_P(SizeLimitTest, OtherFilesTakeTheirRoomFromTheChunks) {
  const SizeLimit limit(64_MiB, GetParam());
  EXPECT_EQ(limit.most_bytes(10_MiB), 54_MiB);
  EXPECT_LT(limit.most_chunks(10_MiB), limit.most_chunks(0));
  EXPECT_EQ(limit.most_chunks(64_MiB), 0U);
  EXPECT_EQ(limit.most_bytes(65_MiB), 0U);
}

INSTANTIATE_TEST_SUITE_P(Pages, SizeLimitTest, testing::Values(4_KiB, 16_KiB, 64_KiB),
                         [](const auto& tested) { return std::to_string(tested.param / 1_KiB) + "KiB"; });

}  // namespace
}  // namespace mediafs
