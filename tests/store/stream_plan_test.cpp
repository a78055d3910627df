#include "store/stream_plan.h"

#include <vector>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

TEST(StreamLimit, SmallMediaAreFinishedWhoeverWaits) {
  EXPECT_EQ(stream_limit({.size = kSmallMedia}), kSmallMedia);
  EXPECT_EQ(stream_limit({.size = 0}), 0U);
}

TEST(StreamLimit, LargeMediaThatNobodyWantsStopAfterTheirHead) {
  EXPECT_EQ(stream_limit({.size = 100_MiB}), kSmallMedia);
  EXPECT_EQ(stream_limit({.size = 100_MiB, .position = 50_MiB}), kSmallMedia);
}

TEST(StreamLimit, WhatIsNearlyDoneIsFinished) {
  EXPECT_EQ(stream_limit({.size = 100_MiB, .position = 97_MiB}), 100_MiB);
  EXPECT_EQ(stream_limit({.size = 100_MiB, .position = 200_MiB}), 100_MiB);
}

TEST(StreamLimit, WhatIsWantedAndKeptIsFetchedWhole) {
  EXPECT_EQ(stream_limit({.size = 100_MiB, .wanted = true, .kept = true}), 100_MiB);
}

TEST(StreamLimit, WithoutACacheAStreamStaysNearItsReaders) {
  EXPECT_EQ(stream_limit({.size = 100_MiB, .wanted = true}), kSmallMedia + kUncachedWindow);
  EXPECT_EQ(stream_limit({.size = 100_MiB, .wanted = true, .demand_end = 50_MiB}), 50_MiB + kUncachedWindow);
  EXPECT_EQ(stream_limit({.size = 100_MiB, .wanted = true, .demand_end = 99_MiB}), 100_MiB);
}

TEST(StreamBringing, IsTheNearestOneThatHasNotPassed) {
  const std::vector<std::uint64_t> positions{0, 5 * kChunkSize + 1, 9 * kChunkSize};
  EXPECT_EQ(stream_bringing(ChunkIndex{0}, positions), 0U);
  EXPECT_EQ(stream_bringing(ChunkIndex{4}, positions), 0U);
  EXPECT_EQ(stream_bringing(ChunkIndex{5}, positions), 1U);
  EXPECT_EQ(stream_bringing(ChunkIndex{8}, positions), 1U);
  EXPECT_EQ(stream_bringing(ChunkIndex{20}, positions), 2U);
  EXPECT_FALSE(stream_bringing(ChunkIndex{4}, std::vector<std::uint64_t>{5 * kChunkSize}).has_value());
  EXPECT_FALSE(stream_bringing(ChunkIndex{0}, {}).has_value());
}

}  // namespace
}  // namespace mediafs
