#include "store/download/sequential_readers.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

constexpr std::uint64_t kNoBound = kLargestWindow;

TEST(SequentialReaders, TheWindowGrowsWithWhatIsReadInOrder) {
  SequentialReaders runs;
  EXPECT_FALSE(runs.note({0, 128_KiB}, true));
  EXPECT_EQ(runs.target_at(0, kNoBound), 128_KiB + kGlance) << "it may be a glance";
  EXPECT_TRUE(runs.note({128_KiB, 128_KiB}, true));
  EXPECT_EQ(runs.target_at(0, kNoBound), 256_KiB + 1_MiB);
  for (std::uint64_t offset = 256_KiB; offset < 8_MiB; offset += 128_KiB) {
    EXPECT_TRUE(runs.note({offset, 128_KiB}, false));
  }
  EXPECT_EQ(runs.target_at(8_MiB, kNoBound), 16_MiB);
  runs.note({8_MiB, 92_MiB}, false);
  EXPECT_EQ(runs.target_at(100_MiB, kNoBound), 132_MiB);
  EXPECT_EQ(runs.target_at(100_MiB, 2_MiB), 102_MiB) << "a share of the memory bounds it";
}

TEST(SequentialReaders, TheWindowDoesNotGrowWithWhatIsSkipped) {
  SequentialReaders runs;
  for (std::uint64_t offset = 0; offset < 16_MiB; offset += 128_KiB) runs.note({offset, 4_KiB}, true);
  EXPECT_EQ(runs.target_at(15_MiB, kNoBound), 16_MiB - 124_KiB + 1_MiB);
}

TEST(SequentialReaders, WhatComesOutOfOrderCountsAsMuch) {
  SequentialReaders runs;
  runs.note({0, 1_MiB}, true);
  for (std::uint64_t offset = 1_MiB; offset < 9_MiB; offset += 2_MiB) {
    runs.note({offset + 1_MiB, 1_MiB}, true);
    runs.note({offset, 1_MiB}, true);
  }
  EXPECT_EQ(runs.target_at(9_MiB, kNoBound), 18_MiB);
}

TEST(SequentialReaders, WhatAReaderHasLeftBehindIsNotFetchedForIt) {
  SequentialReaders runs;
  runs.note({20_MiB, 30_MiB}, true);
  EXPECT_EQ(runs.target_at(20_MiB, kNoBound), 0U);
  EXPECT_EQ(runs.target_at(49_MiB, kNoBound), 80_MiB) << "the kernel's read-ahead is no reader";
}

TEST(SequentialReaders, AJumpEndsWhatIsFetchedAheadElsewhere) {
  SequentialReaders runs;
  runs.note({0, 10_MiB}, true);
  EXPECT_EQ(runs.target_at(10_MiB, kNoBound), 20_MiB);
  EXPECT_FALSE(runs.note({90_MiB, 64_KiB}, true));
  EXPECT_EQ(runs.target_at(10_MiB, kNoBound), 10_MiB + kGlance);
  EXPECT_EQ(runs.target_at(90_MiB, kNoBound), 90_MiB + 64_KiB + kGlance);
  EXPECT_EQ(runs.target_at(50_MiB, kNoBound), 0U) << "nobody reads there";
}

TEST(SequentialReaders, ReadsOutOfOrderAndFollowersGoOn) {
  SequentialReaders runs;
  runs.note({0, 128_KiB}, true);
  EXPECT_TRUE(runs.note({256_KiB, 128_KiB}, true)) << "the kernel's read-ahead overtakes itself";
  EXPECT_TRUE(runs.note({128_KiB, 128_KiB}, true));
  runs.note({384_KiB, 30_MiB}, true);
  EXPECT_TRUE(runs.note({1_MiB, 128_KiB}, false)) << "another reader that follows the first";
  EXPECT_FALSE(runs.note({1_MiB, 128_KiB}, true)) << "somebody went back to what is not here any more";
}

TEST(SequentialReaders, WhatComesLaterLeadsToWhatCameBefore) {
  SequentialReaders runs;
  runs.note({3_MiB, 1_MiB}, true);
  EXPECT_FALSE(runs.continues_to(3_MiB));
  runs.note({0, 1_MiB}, true);
  EXPECT_FALSE(runs.continues_to(3_MiB));
  runs.note({1_MiB, 1_MiB}, true);
  EXPECT_FALSE(runs.continues_to(3_MiB));
  runs.note({2_MiB, 1_MiB}, true);
  EXPECT_TRUE(runs.continues_to(3_MiB));
  EXPECT_FALSE(runs.continues_to(0));
}

TEST(SequentialReaders, TheNearestRunGoesOn) {
  SequentialReaders runs;
  runs.note({0, 50_MiB}, true);
  runs.note({10_MiB, 128_KiB}, true);
  EXPECT_TRUE(runs.note({10_MiB + 128_KiB, 128_KiB}, false));
  EXPECT_EQ(runs.last().start, 10_MiB);
  EXPECT_EQ(runs.last().in_order, 256_KiB);
}

TEST(SequentialReaders, TheOldestIsForgotten) {
  SequentialReaders runs;
  for (std::uint64_t i = 0; i <= SequentialReaders::kMost; ++i) runs.note({i * 100_MiB, 4096}, true);
  EXPECT_EQ(runs.target_at(4096, kNoBound), 0U);
  EXPECT_NE(runs.target_at(100_MiB + 4096, kNoBound), 0U);
}

TEST(SequentialReaders, WhatStreamsBringIsExpectedUntilTheyComeShort) {
  SequentialReaders runs;
  runs.note({0, 128_KiB}, true);
  runs.note({90_MiB, 128_KiB}, true);
  runs.expect(0, 100_MiB, kNoBound);
  EXPECT_EQ(runs.last().fetched_to, 0U);
  runs.expect(90_MiB, 100_MiB, kNoBound);
  EXPECT_EQ(runs.last().fetched_to, 100_MiB);
  runs.on_stream_truncated(1_MiB, 100_MiB);
  EXPECT_EQ(runs.last().fetched_to, 100_MiB) << "another stream's";
  runs.note({128_KiB, 128_KiB}, false);
  EXPECT_EQ(runs.last().fetched_to, 1_MiB);
}

}  // namespace
}  // namespace mediafs
