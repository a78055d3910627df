#include "mediafs/model/chunk.h"

#include <limits>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

TEST(ByteRange, IsClippedToTheSizeWithoutOverflow) {
  EXPECT_EQ(clipped({0, 10}, 4), (ByteRange{0, 4}));
  EXPECT_EQ(clipped({3, 10}, 4), (ByteRange{3, 1}));
  EXPECT_EQ(clipped({4, 10}, 4), (ByteRange{4, 0}));
  EXPECT_EQ(clipped({kMax, kMax}, 4), (ByteRange{kMax, 0}));
  EXPECT_EQ(clipped({1, kMax}, 4), (ByteRange{1, 3}));
  EXPECT_TRUE(clipped({0, 1}, 0).empty());
}

TEST(Chunk, CountAndLengthsAtEveryBoundary) {
  struct Row {
    std::uint64_t size;
    std::uint32_t count;
    std::uint64_t last;
  };
  for (const Row& row : {Row{1, 1, 1}, Row{kChunkSize - 1, 1, kChunkSize - 1}, Row{kChunkSize, 1, kChunkSize},
                         Row{kChunkSize + 1, 2, 1}, Row{3 * kChunkSize, 3, kChunkSize}}) {
    EXPECT_EQ(chunk_count(row.size), row.count);
    EXPECT_EQ(chunk_length(row.size, ChunkIndex{row.count - 1}), row.last);
    EXPECT_EQ(chunk_length(row.size, ChunkIndex{row.count}), 0U);
  }
  EXPECT_EQ(chunk_count(0), 0U);
}

TEST(Chunk, ARangeIsCoveredByTheChunksThatItTouches) {
  struct Row {
    ByteRange range;
    std::uint32_t first;
    std::uint32_t past;
  };
  for (const Row& row : {Row{{0, 1}, 0, 1}, Row{{0, kChunkSize}, 0, 1}, Row{{0, kChunkSize + 1}, 0, 2},
                         Row{{kChunkSize - 1, 2}, 0, 2}, Row{{kChunkSize, 1}, 1, 2},
                         Row{{5 * kChunkSize + 7, 2 * kChunkSize}, 5, 8}, Row{{7, 0}, 0, 0}}) {
    const ChunkSpan span = chunks_covering(row.range);
    EXPECT_EQ(number_of(span.first), row.first);
    EXPECT_EQ(number_of(span.past), row.past);
  }
}

TEST(Chunk, TheLargestMediaCanBeNumbered) {
  EXPECT_EQ(chunk_count(kMaxMediaSize), kMaxMediaSize / kChunkSize);
  EXPECT_EQ(start_of(chunk_at(kMaxMediaSize - 1)), kMaxMediaSize - kChunkSize);
}

}  // namespace
}  // namespace mediafs
