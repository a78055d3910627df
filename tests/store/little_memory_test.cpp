// More is under way than there is memory for.
#include <future>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "store/store_fixture.h"

namespace mediafs {
namespace {

class HeldBackMedia : public StoreFixture {};

TEST_F(HeldBackMedia, DoNotStarveEachOtherOfMemory) {
  start({.memory = 16_MiB});
  std::vector<std::future<Result<MediaItemRef>>> finders;
  const auto id = [](int i) { return "gen-000004000000-held" + std::to_string(1000 + i); };
  for (int i = 0; i < 24; ++i) finders.push_back(find_later(id(i)));
  for (int i = 0; i < 24; ++i) {
    const auto item = wait(finders[static_cast<std::size_t>(i)]);
    ASSERT_TRUE(item.ok());
    expect_exact(id(i), *item, {3'000'000, 1'000'000});
  }
}

class LittleMemory : public StoreFixture, public testing::WithParamInterface<bool> {
 protected:
  /// Reads that hold what has come of them while they wait for the rest: more of them than there is memory.
  void read_more_at_once_than_memory_holds(const std::vector<MediaItemRef>& items) {
    constexpr std::uint64_t kRead = 1_MiB;
    for (std::uint64_t offset = 0; offset < 5 * kRead; offset += kRead) {
      std::vector<std::future<Result<std::string>>> reads;
      for (const MediaItemRef& item : items) reads.push_back(read_later(item, {offset, kRead}));
      for (std::size_t i = 0; i < items.size(); ++i) {
        EXPECT_TRUE(*wait(reads[i]) == original(items[i]->id.text(), {offset, kRead}));
      }
    }
  }
};

TEST_P(LittleMemory, NeverHoldsUpAReadThatSomebodyWaitsFor) {
  start({.memory = 16_MiB}, /*with_cache=*/GetParam());
  std::vector<MediaItemRef> items;
  for (int i = 0; i < 40; ++i) {
    items.push_back(*find("gen-000020000000-pinned" + std::to_string(1000 + i)));
    store_->opened(items.back()->id);
  }
  read_more_at_once_than_memory_holds(items);
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutCache, LittleMemory, testing::Bool());

}  // namespace
}  // namespace mediafs
