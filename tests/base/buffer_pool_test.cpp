#include "mediafs/base/buffer_pool.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

TEST(BufferPool, GivesAllOrNone) {
  BufferPool pool(4096, 3);
  const auto two = pool.try_acquire(2);
  EXPECT_EQ(two.size(), 2U);
  EXPECT_TRUE(pool.try_acquire(2).empty());
  EXPECT_EQ(pool.try_acquire(1).size(), 1U);
}

TEST(BufferPool, ABlockReturnsWhenItsLastHolderLetsGo) {
  BufferPool pool(4096, 1);
  auto blocks = pool.try_acquire(1);
  ConstBuffer second_holder = blocks.front();
  blocks.clear();
  EXPECT_TRUE(pool.try_acquire(1).empty());
  second_holder.reset();
  EXPECT_EQ(pool.try_acquire(1).size(), 1U);
}

TEST(BufferPool, DemandIsServedBeyondTheBudget) {
  BufferPool pool(4096, 1);
  const auto budget = pool.try_acquire(1);
  EXPECT_FALSE(pool.overdrawn());
  const auto more = pool.acquire_for_demand();
  EXPECT_NE(more, nullptr);
  EXPECT_TRUE(pool.overdrawn());
}

TEST(BufferPool, ToldOnceWhenABlockIsFree) {
  BufferPool pool(4096, 1);
  auto blocks = pool.try_acquire(1);
  int told = 0;
  const auto ticket = pool.when_freed(1, [&] { ++told; });
  EXPECT_EQ(told, 0);
  blocks.clear();
  EXPECT_EQ(told, 1);
  blocks = pool.try_acquire(1);
  blocks.clear();
  EXPECT_EQ(told, 1);
}

TEST(BufferPool, ToldAtOnceWhereABlockIsFreeAlready) {
  BufferPool pool(4096, 1);
  int told = 0;
  const auto ticket = pool.when_freed(1, [&] { ++told; });
  EXPECT_EQ(told, 1);
}

TEST(BufferPool, WhoDoesNotWaitAnyMoreIsNotToldAndLeavesNothingBehind) {
  BufferPool pool(4096, 1);
  const auto budget = pool.try_acquire(1);
  int told = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto ticket = pool.when_freed(1, [&] { ++told; });
    EXPECT_LE(pool.waiting(), 2U);
    pool.acquire_for_demand().reset();  // the budget is still out
  }
  EXPECT_EQ(told, 0);
}

TEST(BufferPool, BlocksOutliveThePool) {
  Buffer block;
  {
    BufferPool pool(4096, 1);
    block = pool.acquire_for_demand();
  }
  block[4095] = std::byte{1};
  EXPECT_EQ(block[4095], std::byte{1});
}

TEST(BufferPool, WhoWaitsForManyIsNotToldOfOne) {
  BufferPool pool(4096, 3);
  auto blocks = pool.try_acquire(3);
  int told = 0;
  const auto ticket = pool.when_freed(2, [&] { ++told; });
  blocks.pop_back();
  EXPECT_EQ(told, 0);
  blocks.pop_back();
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace mediafs
