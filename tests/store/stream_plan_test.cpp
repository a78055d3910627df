#include "store/download/stream_plan.h"

#include <vector>

#include <gtest/gtest.h>

#include "mediafs/store/catalog.h"

namespace mediafs {
namespace {

TEST(StreamLimit, SmallMediaAreFinishedWhoeverWaits) {
  EXPECT_EQ(stream_limit({.size = kSmallMedia}), kSmallMedia);
  EXPECT_EQ(stream_limit({.size = 0}), 0U);
}

TEST(StreamLimit, LargeMediaThatNobodyWantsStopAfterTheirHead) {
  EXPECT_EQ(stream_limit({.size = 100_MiB}), kSmallMedia);
  EXPECT_EQ(stream_limit({.size = 100_MiB, .position = 50_MiB, .kept = true}), kSmallMedia);
  EXPECT_EQ(stream_limit({.size = 100_MiB, .seekable = true}), kGlance);
}

TEST(StreamLimit, WhatIsNearlyDoneIsFinished) {
  EXPECT_EQ(stream_limit({.size = 100_MiB, .position = 97_MiB, .kept = true}), 100_MiB);
  EXPECT_EQ(stream_limit({.size = 100_MiB, .position = 200_MiB, .kept = true}), 100_MiB);
  EXPECT_EQ(stream_limit({.size = 100_MiB, .position = 97_MiB, .wanted = true, .target = 98_MiB}), 98_MiB)
      << "what is not kept would push out what nobody has read yet";
}

TEST(StreamLimit, WhatIsWantedAndKeptAndCannotBeSoughtIsFetchedWhole) {
  EXPECT_EQ(stream_limit({.size = 100_MiB, .wanted = true, .kept = true}), 100_MiB);
}

TEST(StreamLimit, ElseAStreamStaysNearItsReaders) {
  EXPECT_EQ(stream_limit({.size = 100_MiB, .wanted = true}), kSmallMedia);
  EXPECT_EQ(stream_limit({.size = 100_MiB, .wanted = true, .target = 58_MiB}), 58_MiB);
  EXPECT_EQ(stream_limit({.size = 100_MiB, .wanted = true, .target = 110_MiB}), 100_MiB);
  EXPECT_EQ(stream_limit({.size = 100_MiB, .wanted = true, .kept = true, .seekable = true, .target = 58_MiB}),
            58_MiB);
}

TEST(LargestWindow, IsAShareOfTheMemory) {
  EXPECT_EQ(largest_window(64_MiB, 0), kLargestWindow);
  EXPECT_EQ(largest_window(64_MiB, 1), kLargestWindow);
  EXPECT_EQ(largest_window(64_MiB, 64), 1_MiB);
}

TEST(WorthFetchingAhead, SmallOnesComeFirstAndMemoryBoundsThem) {
  const auto media = [](std::uint64_t size) {
    return std::make_shared<const MediaItem>(
        MediaItem{.id = *MediaId::parse("some-media-00000001"), .size = size});
  };
  const auto sizes = [](const std::vector<MediaItemRef>& items) {
    std::vector<std::uint64_t> out;
    for (const auto& item : items) out.push_back(item->size);
    return out;
  };
  const std::vector<MediaItemRef> items{media(1_GiB), media(2_MiB), media(1_MiB), media(3_MiB)};
  EXPECT_EQ(sizes(worth_fetching_ahead(items, 64_MiB)),
            (std::vector<std::uint64_t>{1_MiB, 2_MiB, 3_MiB, 1_GiB}))
      << "of a large one only the head comes";
  EXPECT_EQ(sizes(worth_fetching_ahead(items, 5_MiB)), (std::vector<std::uint64_t>{1_MiB, 2_MiB}));
  EXPECT_TRUE(worth_fetching_ahead(items, 100).empty());
  MediaItem unsized = *media(0);
  unsized.unsized = true;
  const std::vector<MediaItemRef> one{std::make_shared<const MediaItem>(unsized)};
  EXPECT_TRUE(worth_fetching_ahead(one, kSmallMedia - 1).empty()) << "it may be as large as any";
  EXPECT_EQ(worth_fetching_ahead(one, kSmallMedia).size(), 1U);
}

TEST(StreamBringing, IsTheNearestOneThatHasNotPassed) {
  const std::uint64_t end = 100 * kChunkSize;
  const std::vector<StreamPlace> streams{
      {0, end}, {5 * kChunkSize + 1, 8 * kChunkSize}, {9 * kChunkSize, end}};
  EXPECT_EQ(stream_bringing(ChunkIndex{0}, streams), 0U);
  EXPECT_EQ(stream_bringing(ChunkIndex{4}, streams), 0U);
  EXPECT_EQ(stream_bringing(ChunkIndex{5}, streams), 1U);
  EXPECT_EQ(stream_bringing(ChunkIndex{8}, streams), 0U) << "the second ends before it";
  EXPECT_EQ(stream_bringing(ChunkIndex{20}, streams), 2U);
  EXPECT_FALSE(stream_bringing(ChunkIndex{4}, std::vector<StreamPlace>{{5 * kChunkSize, end}}).has_value());
  EXPECT_FALSE(stream_bringing(ChunkIndex{0}, {}).has_value());
}

TEST(WorthWaiting, IsWhatComesBeforeARequestWouldBeAnswered) {
  EXPECT_TRUE(worth_waiting(1_MiB, false, 0));
  EXPECT_FALSE(worth_waiting(1_MiB + 1, false, 0));
  EXPECT_TRUE(worth_waiting(512_KiB, false, 5_MiB)) << "100 ms of its speed";
  EXPECT_FALSE(worth_waiting(513_KiB, false, 5_MiB));
  EXPECT_FALSE(worth_waiting(2_MiB, false, 1_GiB)) << "a megabyte at most";
  EXPECT_FALSE(worth_waiting(600_KiB, false, 20'000)) << "a slow stream";
}

TEST(WorthWaiting, IsAllThatTheKernelReadsAhead) {
  EXPECT_TRUE(worth_waiting(3_MiB, true, 100'000));
  EXPECT_FALSE(worth_waiting(5_MiB, true, 1_GiB));
}

}  // namespace
}  // namespace mediafs
