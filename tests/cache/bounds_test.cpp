// The cache keeps within its size and its age.
#include <fcntl.h>
#include <sys/file.h>

#include <atomic>
#include <random>
#include <thread>

#include <gmock/gmock.h>

#include "cache/cache_fixture.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {
namespace {

constexpr std::uint32_t kChunks = 16;  // of each media here: 2 MiB

class BoundsTest : public CacheFixture {
 protected:
  static MediaItem media(int number) {
    MediaItem one =
        item("some-media-" + std::to_string(10'000'000 + number), static_cast<std::uint64_t>(number) + 1);
    one.size = kChunks * kChunkSize;
    one.complete = true;
    return one;
  }
  void store_whole(int number) {
    for (std::uint32_t i = 0; i < kChunks; ++i) store(media(number), i, static_cast<char>('a' + number % 26));
    cache_->store_item(media(number));
    cache_->settle();
  }
  bool is_whole(int number) {
    for (std::uint32_t i = 0; i < kChunks; ++i) {
      if (look_up(media(number), i) != static_cast<char>('a' + number % 26)) return false;
    }
    return true;
  }
  std::uint64_t used() const { return cache_->stats().used; }
};

TEST_F(BoundsTest, TenTimesItsSizeGoesThroughIt) {
  constexpr std::uint64_t kLimit = 64_MiB;
  open({"secret"}, kLimit);
  std::uint64_t most = 0;
  for (int number = 0; number < 320; ++number) {
    store_whole(number);
    most = std::max(most, used());
    ASSERT_TRUE(is_whole(number)) << number;
  }
  EXPECT_LE(most, kLimit + kLimit / 20);
  EXPECT_GT(most, kLimit - kLimit / 4);  // and it uses what it may
  EXPECT_GT(cache_->stats().evictions, 280U);
}

/// A small cache has little room for what LMDB frees and cannot use again at once.
class SmallBoundsTest : public BoundsTest, public testing::WithParamInterface<std::uint64_t> {
 protected:
  static constexpr int kMedia = 400;
  // The writer waits for a shorter one.
  static constexpr std::chrono::milliseconds kLongRead{50};

  /// What is known of media counts, and nothing gives way for it: beside a small cache it is much.
  void store_items() {
    for (int number = 0; number < kMedia; ++number) cache_->store_item(media(number));
    cache_->settle();
  }
  /// Media of all sizes, settled now and then, so that the writer's batches are of all sizes too.
  void store_at_random() {
    std::mt19937 random(static_cast<unsigned>(GetParam()));
    for (int number = 0; number < kMedia; ++number) {
      MediaItem one = media(number);
      one.size = (1 + random() % 8) * kChunkSize;
      for (std::uint32_t i = 0; i < chunk_count(one.size); ++i) store(one, i, 'a');
      cache_->store_item(one);
      if (random() % 4 == 0) cache_->settle();
    }
    cache_->settle();
  }
  /// Until `done`; gives how long the longest read took.
  SteadyTime::duration read_all_the_time(const std::atomic<bool>& done) {
    SteadyTime::duration longest{};
    for (int number = 0; !done; number = (number + 1) % kMedia) {
      const SteadyTime begin = steady_now();
      const char found = look_up(media(number), 0);
      longest = std::max(longest, steady_now() - begin);
      EXPECT_TRUE(found == 'a' || found == 0);
    }
    return longest;
  }
};

TEST_P(SmallBoundsTest, KeepsToItsSizeWhileItIsRead) {
  const std::uint64_t limit = GetParam();
  open({"secret"}, limit);
  store_items();
  std::atomic<bool> done = false;
  SteadyTime::duration longest{};
  std::jthread reader([&] { longest = read_all_the_time(done); });
  store_at_random();
  done = true;
  reader.join();
  EXPECT_LE(used(), limit + limit / 20);
  EXPECT_GT(used(), limit - limit / 4);
  EXPECT_TRUE(cache_->stats().trouble.empty()) << cache_->stats().trouble;
  // Behind a reader that got no processor for long it takes none for a while, as behind a disk that hangs.
  EXPECT_TRUE(cache_->accepts_chunks() || longest >= kLongRead);
  while (!cache_->accepts_chunks()) std::this_thread::yield();
  store(media(kMedia), 0, 'a');
  cache_->settle();
  EXPECT_EQ(look_up(media(kMedia), 0), 'a');
  EXPECT_LE(used(), limit + limit / 20);
}

INSTANTIATE_TEST_SUITE_P(Sizes, SmallBoundsTest,
                         testing::Values(4_MiB, 6_MiB, 8_MiB, 12_MiB, 20_MiB, 32_MiB, 64_MiB),
                         [](const auto& tested) { return std::to_string(tested.param / 1_MiB) + "MiB"; });

TEST_F(BoundsTest, WhatWasReadLastStays) {
  open({"secret"}, 40_MiB);
  for (int number = 0; number < 10; ++number) store_whole(number);
  // The clock of recency has seconds: what is read now must be later than what was stored.
  const auto moment = wall_seconds();
  while (wall_seconds() <= moment) std::this_thread::yield();
  ASSERT_TRUE(is_whole(0)) << "used in a later second than the others";
  for (int number = 10; number < 20; ++number) {
    store_whole(number);
    ASSERT_TRUE(is_whole(0)) << number;
  }
  EXPECT_GT(cache_->stats().evictions, 0U);
}

TEST_F(BoundsTest, RecencySurvivesAReopen) {
  open({"secret"}, 40_MiB);
  for (int number = 0; number < 10; ++number) store_whole(number);
  const auto moment = wall_seconds();
  while (wall_seconds() <= moment) ASSERT_TRUE(is_whole(0));
  open({"secret"}, 40_MiB);
  for (int number = 10; number < 20; ++number) store_whole(number);
  EXPECT_GT(cache_->stats().evictions, 0U);
  EXPECT_TRUE(is_whole(0));
}

TEST_F(BoundsTest, WhatIsPinnedIsNotEvictedAndTheRestIsRefused) {
  open({"secret"}, 20_MiB);
  for (int number = 0; number < 5; ++number) {
    cache_->pin(media(number).id);
    store_whole(number);
  }
  bool refuses = false;  // for a while each time
  int whole = 0;
  for (int number = 5; number < 15; ++number) {  // 30 MiB in all
    cache_->pin(media(number).id);
    store_whole(number);
    refuses = refuses || !cache_->accepts_chunks();
    whole += is_whole(number) ? 1 : 0;
  }
  for (int number = 0; number < 5; ++number) EXPECT_TRUE(is_whole(number)) << number;
  EXPECT_TRUE(refuses);
  EXPECT_LT(whole, 5) << "beside the others";
  EXPECT_LE(used(), 21_MiB);
}

TEST_F(BoundsTest, AnEvictedMediaIsKnownStillAndNotWhole) {
  std::vector<MediaId> told;
  open({"secret"}, 20_MiB);
  cache_->on_incomplete([&](const MediaId& id, Revision) { told.push_back(id); });
  for (int number = 0; number < 20; ++number) store_whole(number);
  cache_->on_incomplete({});
  EXPECT_THAT(told, testing::Not(testing::IsEmpty()));
  open({"secret"}, 20_MiB);
  for (const MediaItem& one : cache_->load().items) {
    const bool evicted = std::find(told.begin(), told.end(), one.id) != told.end();
    EXPECT_EQ(one.complete, !evicted);
  }
}

TEST_F(BoundsTest, AnyNumberOfBytesIsALimit) {
  for (const std::uint64_t limit : {std::uint64_t{1}, 20_MiB + 1, 64_MiB - 1}) {
    open({"secret"}, limit);
    open({"secret"}, limit);
  }
  EXPECT_FALSE(std::filesystem::exists(file("chunks.bad")));
}

TEST_F(BoundsTest, AMediaThatWouldTakeItAllHasNoRoom) {
  open({"secret"}, 20_MiB);
  EXPECT_TRUE(cache_->has_room_for(10_MiB));
  EXPECT_FALSE(cache_->has_room_for(20_MiB));
}

TEST_F(BoundsTest, ASmallerLimitTakesEffectAtTheNextStart) {
  open({"secret"}, 64_MiB);
  for (int number = 0; number < 24; ++number) store_whole(number);
  ASSERT_GT(used(), 40_MiB);
  open({"secret"}, 20_MiB);
  cache_->settle();
  EXPECT_LE(used(), 21_MiB);
  int whole = 0;
  for (int number = 0; number < 24; ++number) whole += is_whole(number) ? 1 : 0;
  EXPECT_GT(whole, 4);
}

TEST_F(BoundsTest, ChunksThatNoItemIsKnownForAreErasedAtTheNextStart) {
  open();
  store(media(1), 0, 'a');
  cache_->settle();
  open();
  cache_->settle();
  EXPECT_EQ(cache_->chunks_of(media(1).id, media(1).revision), 0U);
}

TEST_F(BoundsTest, WhatIsOlderThanItMayBeIsErasedAtTheStart) {
  open();
  store_whole(1);
  open();
  EXPECT_TRUE(is_whole(1));
  close();
  auto late =
      Cache::open({.directory = directory_, .size_limit = 64_MiB, .max_age = std::chrono::seconds(-1)},
                  secrets({"secret"}));
  ASSERT_TRUE(late.ok());
  EXPECT_TRUE((*late)->load().items.empty());
  late->reset();
  open();
  EXPECT_TRUE(cache_->load().items.empty());
  EXPECT_FALSE(is_whole(1));
}

TEST_F(BoundsTest, NobodyElseGetsInWhileItIsMadeSmaller) {
  open({"secret"}, 64_MiB);
  for (int number = 0; number < 20; ++number) store_whole(number);
  cache_->settle();
  close();
  std::ofstream(file("state")) << "clean\n";  // also where the disk took too long to say so
  const UniqueFd directory(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::atomic<bool> done = false;
  std::atomic<bool> got_in = false;
  std::jthread other;
  auto opened = [&] {
    // It begins to try when the cache has its lock, which it has taken when its state is "dirty".
    other = std::jthread([&] {
      while (!done && content("state").starts_with("clean")) std::this_thread::yield();
      while (!done) {
        if (::flock(directory.get(), LOCK_EX | LOCK_NB) == 0) got_in = true;
      }
    });
    return try_open({"secret"}, 16_MiB);
  }();
  done = true;
  other.join();
  ASSERT_TRUE(opened.ok()) << opened.error().context;
  EXPECT_FALSE(got_in);
  EXPECT_LT((*opened)->stats().used, 20_MiB);
}

}  // namespace
}  // namespace mediafs
