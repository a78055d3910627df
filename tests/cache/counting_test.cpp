// What is counted of the cache is what is on its disk, at any time.
#include <filesystem>

#include "cache/cache_fixture.h"
#include "cache/ledger.h"

namespace mediafs {
namespace {

class CountingTest : public CacheFixture {
 protected:
  static MediaItem media(int number) {
    MediaItem one =
        item("some-media-" + std::to_string(20'000'000 + number), static_cast<std::uint64_t>(number) + 1);
    one.size = 16 * kChunkSize;
    return one;
  }
  void store_whole(const MediaItem& one) {
    for (std::uint32_t i = 0; i < chunk_count(one.size); ++i) store(one, i, 'a');
    cache_->store_item(one);
    cache_->settle();
  }
  std::uint64_t counted(const MediaItem& one) { return cache_->chunks_of(one.id, one.revision); }
  /// The next server counts what it finds.
  std::uint64_t counted_anew() {
    open({"secret"}, limit_);
    return cache_->stats().chunks;
  }

  std::uint64_t limit_ = 64_MiB;
};

TEST_F(CountingTest, AChunkThatIsStoredOverItselfCountsOnce) {
  open();
  const MediaItem one = media(1);
  cache_->store_item(one);
  for (int time = 0; time < 3; ++time) {
    store(one, 0, 'a');
    store(one, 1, 'b');
    cache_->settle();
  }
  EXPECT_EQ(cache_->stats().chunks, 2U);
  EXPECT_EQ(counted(one), 2U);
  EXPECT_EQ(counted_anew(), 2U);
}

TEST_F(CountingTest, AndSoItDoesWithinOneTransaction) {
  open();
  const MediaItem one = media(1);
  for (int time = 0; time < 20; ++time) store(one, 0, 'a');
  cache_->store_item(one);
  cache_->settle();
  EXPECT_EQ(cache_->stats().chunks, 1U);
  EXPECT_EQ(counted_anew(), 1U);
}

TEST_F(CountingTest, NothingGivesWayToWhatIsStoredOverItself) {
  open({"secret"}, limit_ = 20_MiB);
  for (int number = 0; number < 4; ++number) store_whole(media(number));
  for (int time = 0; time < 20; ++time) store_whole(media(0));
  EXPECT_EQ(cache_->stats().evictions, 0U);
}

TEST_F(CountingTest, TheNextServerCountsBeforeItIsAsked) {
  open();
  store_whole(media(1));
  open();
  EXPECT_EQ(counted(media(1)), 16U);
}

TEST_F(CountingTest, WhatIsRefusedIsNotCounted) {
  open({"secret"}, limit_ = 20_MiB);
  std::uint64_t all = 0;
  for (int number = 0; number < 15; ++number) {  // 30 MiB, and none may give way
    cache_->pin(media(number).id);
    store_whole(media(number));
  }
  for (int number = 0; number < 15; ++number) all += counted(media(number));
  EXPECT_EQ(cache_->stats().evictions, 0U);
  EXPECT_LT(all, 15U * 16);
  EXPECT_EQ(cache_->stats().chunks, all);
  EXPECT_EQ(counted_anew(), all);
}

TEST_F(CountingTest, WhatGaveWayIsNotCounted) {
  open({"secret"}, limit_ = 20_MiB);
  for (int number = 0; number < 30; ++number) store_whole(media(number));
  ASSERT_GT(cache_->stats().evictions, 0U);
  std::uint64_t all = 0;
  for (int number = 0; number < 30; ++number) all += counted(media(number));
  EXPECT_EQ(cache_->stats().chunks, all);
  EXPECT_EQ(counted_anew(), all);
}

TEST_F(CountingTest, WhatIsDroppedOrErasedIsNotCounted) {
  open();
  for (int number = 0; number < 3; ++number) store_whole(media(number));
  cache_->drop(media(0).id, media(0).revision);
  cache_->settle();
  EXPECT_EQ(counted(media(0)), 0U);
  ASSERT_TRUE(cache_->erase({media(1).id}, {}).ok());
  EXPECT_EQ(counted(media(1)), 0U);
  EXPECT_EQ(cache_->stats().chunks, 16U);
  EXPECT_EQ(counted_anew(), 16U);
}

/// A reader finds the damage; the writer begins a new file only when it has something to write.
TEST_F(CountingTest, OfADamagedFileNothingCounts) {
  open();
  store_whole(media(1));
  store_whole(media(2));
  std::filesystem::resize_file(file("chunks"), 0);
  EXPECT_EQ(look_up(media(1), 0), 0);
  EXPECT_EQ(counted(media(1)), 0U);
  cache_->drop(media(2).id, media(2).revision);
  cache_->settle();
  EXPECT_EQ(cache_->stats().chunks, 0U) << "the new file is empty";
  store(media(1), 3, 'b');
  cache_->settle();
  EXPECT_EQ(counted(media(1)), 1U);
  EXPECT_EQ(counted_anew(), 1U);
}

TEST(LedgerTest, AVersionThatIsAddedAgainCountsOnce) {
  Ledger ledger;
  ledger.add({.id = *MediaId::parse("some-media-00000001"), .revision = Revision{1}, .chunks = 5});
  ledger.add({.id = *MediaId::parse("some-media-00000001"), .revision = Revision{1}, .chunks = 3});
  EXPECT_EQ(ledger.chunks(), 3U);
}

TEST(LedgerTest, AVersionGivesNoMoreChunksThanItHas) {
  Ledger ledger;
  ledger.add({.id = *MediaId::parse("some-media-00000001"), .revision = Revision{1}, .chunks = 5});
  ledger.add({.id = *MediaId::parse("some-media-00000002"), .revision = Revision{2}, .chunks = 5});
  ledger.remove_chunks(Revision{1}, 3);
  EXPECT_EQ(ledger.chunks(), 7U);
  ledger.remove_chunks(Revision{1}, 3);
  EXPECT_EQ(ledger.chunks(), 5U);
}

}  // namespace
}  // namespace mediafs
