#include "store/download/memory_wait.h"

#include <gtest/gtest.h>

#include "store/download/stream.h"
#include "support/manual_timer.h"
#include "support/scripted_source.h"

namespace mediafs {
namespace {

/// A pool of seven blocks that readers have taken whole, and a GET that lacks one.
class MemoryWaitTest : public testing::Test {
 protected:
  ManualTimer timer_;
  ScriptedSource source_;
  Catalog catalog_{{}, nullptr, timer_.clock()};
  StoreContext context_{{.memory = 8 * kChunkSize}, source_, nullptr, catalog_, timer_};
  std::vector<Buffer> taken_ = context_.pool().try_acquire(7);
  const std::shared_ptr<ScriptedSource::MediaGet> get_ = std::make_shared<ScriptedSource::MediaGet>(
      FetchRequest{.id = *MediaId::parse("some-media-000001")}, nullptr);
  ChunkAssembler chunks_{0};
  MemoryWait wait_;
};

TEST_F(MemoryWaitTest, ResumesTheGetOnceThereIsMemory) {
  ASSERT_FALSE(wait_.acquire(context_, chunks_, 1));
  wait_.wait(context_, 1, get_);
  EXPECT_TRUE(wait_.waits());
  EXPECT_EQ(get_->resumed, 0);
  taken_.pop_back();
  EXPECT_FALSE(wait_.waits());
  EXPECT_EQ(get_->resumed, 1);
  EXPECT_TRUE(wait_.acquire(context_, chunks_, 1));
}

TEST_F(MemoryWaitTest, LeavesNothingInThePoolOnceSomebodyWaitsForTheBytes) {
  for (int i = 0; i < 100; ++i) {
    wait_.wait(context_, 1, get_);
    ASSERT_TRUE(wait_.overdraw(context_, chunks_, 1, get_));
    chunks_.release_buffers();
    EXPECT_EQ(context_.pool().waiting(), 0U);
  }
  EXPECT_EQ(get_->resumed, 0);
}

TEST_F(MemoryWaitTest, LeavesNothingInThePoolAfterItsGet) {
  wait_.wait(context_, 1, get_);
  wait_ = MemoryWait();
  taken_.clear();
  EXPECT_EQ(context_.pool().waiting(), 0U);
  EXPECT_EQ(get_->resumed, 0);
}

}  // namespace
}  // namespace mediafs
