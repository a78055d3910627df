#include "store/download/chunk_assembler.h"

#include <string>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

class ChunkAssemblerTest : public testing::Test {
 protected:
  /// Takes the piece in whole. The chunks that it completes.
  std::vector<Buffer> take(const std::string& piece) {
    std::vector<Buffer> blocks;
    for (std::size_t i = chunks_.blocks_needed(piece.size()); i > 0; --i)
      blocks.push_back(Buffer(new std::byte[kChunkSize]));
    chunks_.add_blocks(std::move(blocks));
    std::vector<Buffer> complete;
    for (ByteView rest = bytes_of(piece); !rest.empty();) {
      rest = chunks_.take(rest);
      if (chunks_.filled() == kChunkSize) complete.push_back(chunks_.take_chunk());
    }
    return complete;
  }
  static std::string text(const Buffer& chunk) {
    return std::string(text_of(ByteView(chunk.get(), kChunkSize)));
  }

  ChunkAssembler chunks_{2 * kChunkSize};
};

TEST_F(ChunkAssemblerTest, PiecesOfAnySizeBecomeChunks) {
  const std::string one(kChunkSize, 'a');
  const std::string two(kChunkSize, 'b');
  EXPECT_TRUE(take(one.substr(0, 1)).empty());
  EXPECT_EQ(number_of(chunks_.filling_chunk()), 2U);
  const auto complete = take(one.substr(1) + two + "c");
  ASSERT_EQ(complete.size(), 2U);
  EXPECT_EQ(text(complete[0]), one);
  EXPECT_EQ(text(complete[1]), two);
  EXPECT_EQ(chunks_.position(), 4 * kChunkSize + 1);
  EXPECT_EQ(number_of(chunks_.filling_chunk()), 4U);
}

TEST_F(ChunkAssemblerTest, NeedsABlockForEachChunkThatAPieceReachesInto) {
  EXPECT_EQ(chunks_.blocks_needed(1), 1U);
  EXPECT_EQ(chunks_.blocks_needed(kChunkSize), 1U);
  EXPECT_EQ(chunks_.blocks_needed(2 * kChunkSize + 1), 3U);
  take("a");
  EXPECT_EQ(chunks_.blocks_needed(kChunkSize - 1), 0U);
  EXPECT_EQ(chunks_.blocks_needed(kChunkSize), 1U);
}

TEST_F(ChunkAssemblerTest, TheLastChunkEndsInZeros) {
  take("end");
  const std::string chunk = text(chunks_.take_chunk());
  EXPECT_EQ(chunk.substr(0, 3), "end");
  EXPECT_EQ(chunk.find_first_not_of('\0', 3), std::string::npos);
}

TEST_F(ChunkAssemblerTest, BegunElsewhereItGivesWhatHadCome) {
  take("abc");
  const PartialChunk partial = chunks_.restart_at(0);
  EXPECT_EQ(number_of(partial.index), 2U);
  EXPECT_EQ(partial.filled, 3U);
  EXPECT_EQ(text_of(ByteView(partial.bytes.get(), 3)), "abc");
  EXPECT_EQ(chunks_.position(), 0U);
  EXPECT_FALSE(chunks_.filling());
}

TEST_F(ChunkAssemblerTest, HeldChunksFollowEachOther) {
  EXPECT_EQ(chunks_.held().count(), 0U);
  chunks_.hold(ChunkIndex{2}, nullptr);
  chunks_.hold(ChunkIndex{3}, nullptr);
  EXPECT_EQ(number_of(chunks_.held().first), 2U);
  EXPECT_EQ(number_of(chunks_.held().past), 4U);
  EXPECT_EQ(chunks_.take_held().size(), 2U);
  EXPECT_FALSE(chunks_.holds_any());
}

}  // namespace
}  // namespace mediafs
