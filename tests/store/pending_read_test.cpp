#include "store/download/pending_read.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

/// Byte n of the media is n / kChunkSize.
Buffer chunk(std::uint32_t index) {
  Buffer bytes(new std::byte[kChunkSize]);
  std::fill_n(bytes.get(), kChunkSize, static_cast<std::byte>(index));
  return bytes;
}

PendingRead read_of(ByteRange range, std::vector<ConstBuffer> chunks) {
  return {range, std::move(chunks), nullptr};
}

TEST(PendingRead, AnswersExactlyItsRange) {
  PendingRead read = read_of({kChunkSize - 10, kChunkSize + 20}, {chunk(0), nullptr, chunk(2)});
  EXPECT_FALSE(read.complete());
  EXPECT_EQ(number_of(read.first_missing()), 1U);
  read.offer(ChunkIndex{1}, chunk(1), kChunkSize);
  ASSERT_TRUE(read.complete());
  const Slices slices = read.slices();
  ASSERT_EQ(slices.size(), 3U);
  EXPECT_EQ(slices[0].bytes.size(), 10U);
  EXPECT_EQ(slices[1].bytes.size(), kChunkSize);
  EXPECT_EQ(slices[2].bytes.size(), 10U);
  EXPECT_EQ(slices[2].bytes.front(), std::byte{2});
}

TEST(PendingRead, IsCompleteAsSoonAsItsOwnBytesAreThere) {
  PendingRead read = read_of({100, 50}, {nullptr});
  read.offer(ChunkIndex{0}, chunk(0), 149);
  EXPECT_FALSE(read.complete());
  read.offer(ChunkIndex{0}, chunk(0), 150);
  EXPECT_TRUE(read.complete());
}

TEST(PendingRead, ChunksOfOthersAreLeftAlone) {
  PendingRead read = read_of({2 * kChunkSize, 1}, {nullptr});
  read.offer(ChunkIndex{1}, chunk(1), kChunkSize);
  read.offer(ChunkIndex{3}, chunk(3), kChunkSize);
  EXPECT_FALSE(read.complete());
}

}  // namespace
}  // namespace mediafs
