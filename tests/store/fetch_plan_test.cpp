#include "store/download/fetch_plan.h"

#include <vector>

#include <gtest/gtest.h>

#include "mediafs/base/bytes.h"

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

/// A large video that somebody has open, with ranges, and what each test changes of that.
class FetchPlan : public testing::Test {
 protected:
  FetchPlan() {
    situation_.size = 100_MiB;
    situation_.largest = 100_MiB;
    situation_.open = true;
    situation_.has_ranges = true;
    situation_.may_seek = true;
    situation_.window = 1_MiB;
    situation_.readers = &readers_;
    situation_.seen = &seen_;
  }

  StreamFacts& add_stream(std::uint64_t position, std::uint64_t end = 100_MiB,
                          StreamState state = StreamState::flowing) {
    return situation_.streams.emplace_back(
        StreamFacts{.state = state, .place = {.position = position, .end = end}});
  }
  ReadFacts& add_read(ByteRange range) {
    readers_.note(range, /*missing=*/true);
    return situation_.reads.emplace_back(ReadFacts{chunk_at(range.offset), range.end()});
  }
  [[nodiscard]] std::optional<FetchAction> next(const Trigger& trigger = {}) const {
    return next_action(situation_, trigger);
  }

  static FetchAction start(std::uint64_t from, std::uint64_t to = kToTheEnd) {
    return {.kind = FetchAction::Kind::start, .from = from, .to = to};
  }
  static FetchAction on(FetchAction::Kind kind, std::size_t stream) {
    return {.kind = kind, .stream = stream};
  }

  SequentialReaders readers_;
  ChunkFingerprints seen_;
  Situation situation_;
};

using Kind = FetchAction::Kind;

TEST_F(FetchPlan, NothingIsDoneForNobody) {
  EXPECT_EQ(next(), std::nullopt);
  situation_.open = false;
  EXPECT_EQ(next(), std::nullopt);
}

TEST_F(FetchPlan, WhoAsksForAMediaThatIsNotKnownHasItFetchedFromItsStart) {
  situation_.size.reset();
  situation_.has_ranges = situation_.may_seek = false;
  situation_.somebody_asks = true;
  EXPECT_EQ(next(), start(0));
  add_stream(0, kToTheEnd, StreamState::requested);
  EXPECT_EQ(next(), std::nullopt);
}

TEST_F(FetchPlan, AReadFarFromEveryStreamGetsARangeOfItsOwn) {
  add_stream(0);
  add_read({50_MiB, 128_KiB});
  const auto action = next();
  ASSERT_TRUE(action.has_value());
  EXPECT_EQ(action->kind, Kind::start);
  EXPECT_EQ(action->from, 50_MiB);
  EXPECT_EQ(action->to, 50_MiB + 128_KiB + kGlance) << "and what its reader will want next";
}

TEST_F(FetchPlan, AReadOfARangeBeginsAtItsChunk) {
  add_read({50_MiB + 5, 10});
  EXPECT_EQ(next()->from, 50_MiB);
}

TEST_F(FetchPlan, AReadShortlyBeforeAStreamWaitsForIt) {
  add_stream(0);
  add_read({3_MiB, 128_KiB});
  EXPECT_EQ(next(), std::nullopt);
}

TEST_F(FetchPlan, AReadThatSeeksWaitsForAStreamOnlyIfThatIsThereSoon) {
  StreamFacts& stream = add_stream(0);
  stream.place.bytes_per_second = 5_MiB;
  ReadFacts& read = add_read({3_MiB, 128_KiB});
  read.seeks = true;
  EXPECT_EQ(next()->from, 3_MiB);
  stream.place.position = 3_MiB - 512_KiB;
  EXPECT_EQ(next(), std::nullopt) << "100 ms away";
}

TEST_F(FetchPlan, WithoutRangesEveryReadWaitsForTheStream) {
  situation_.has_ranges = situation_.may_seek = false;
  add_read({50_MiB, 128_KiB});
  EXPECT_EQ(next(), start(0));
  add_stream(0);
  EXPECT_EQ(next(), std::nullopt);
}

TEST_F(FetchPlan, WhatABrokenStreamWillBringIsWaitedFor) {
  add_stream(10_MiB, 100_MiB, StreamState::retrying);
  add_read({10_MiB + 5, 10});
  EXPECT_EQ(next(), std::nullopt);
  add_read({40_MiB, 10});
  EXPECT_EQ(next()->from, 40_MiB);
}

TEST_F(FetchPlan, WhatIsHeldForItsSignatureIsWaitedFor) {
  situation_.size = 1_MiB;
  situation_.may_seek = false;
  StreamFacts& stream = add_stream(1_MiB, 1_MiB);
  stream.held = {ChunkIndex{0}, ChunkIndex{8}};
  add_read({0, 10});
  EXPECT_EQ(next(), std::nullopt);
  stream.held = {};
  EXPECT_EQ(next(), start(0)) << "a stream that has passed brings it no more";
}

TEST_F(FetchPlan, NothingIsBegunWhileTheStoreStops) {
  situation_.may_start = false;
  add_read({50_MiB, 10});
  EXPECT_EQ(next({.reader_moved = true}), std::nullopt);
}

TEST_F(FetchPlan, AStreamThatNobodyWaitsForGivesWayToOneThatSomebodyDoes) {
  for (std::uint64_t i = 1; i <= kMostStreams; ++i) {
    add_stream(i * 10_MiB, (i + 1) * 10_MiB);
    if (i != 2) add_read({i * 10_MiB, 10});
  }
  add_read({90_MiB, 10});
  EXPECT_EQ(next(), on(Kind::cancel, 1));
  situation_.streams[1].state = StreamState::cancelled;
  EXPECT_EQ(next()->from, 90_MiB);
}

TEST_F(FetchPlan, AStreamThatHoldsWhatSomebodyWaitsForGivesNoWay) {
  for (std::uint64_t i = 1; i <= kMostStreams; ++i) {
    add_stream(i * 10_MiB, (i + 1) * 10_MiB);
    if (i != 2) add_read({i * 10_MiB, 10});
  }
  situation_.streams[1].held = {chunk_at(99_MiB), chunk_at(100_MiB)};
  add_read({99_MiB, 10});
  add_read({90_MiB, 10});
  EXPECT_EQ(next(), std::nullopt);
}

TEST_F(FetchPlan, WhereAllStreamsAreWaitedForAReadWaitsForOneToEnd) {
  for (std::uint64_t i = 1; i <= kMostStreams; ++i) {
    add_stream(i * 10_MiB, (i + 1) * 10_MiB);
    add_read({i * 10_MiB, 10});
  }
  add_read({90_MiB, 10});
  EXPECT_EQ(next(), std::nullopt);
}

TEST_F(FetchPlan, APausedStreamGoesOnWhenSomebodyWaitsForMoreOfIt) {
  add_stream(8_MiB, 100_MiB, StreamState::paused);
  EXPECT_EQ(next(), std::nullopt);
  add_read({8_MiB, 128_KiB});
  EXPECT_EQ(next(), on(Kind::resume, 0));
  EXPECT_EQ(next({.pausing = 0}), std::nullopt) << "the one that has just found no memory";
}

TEST_F(FetchPlan, StreamsThatLackMemoryDoNotHaveEachOtherResumed) {
  add_stream(0, 100_MiB, StreamState::paused).lacks_memory = true;
  add_stream(20_MiB, 100_MiB, StreamState::paused).lacks_memory = true;
  add_read({0, 10});
  add_read({20_MiB, 10});
  EXPECT_EQ(next({.pausing = 1}), std::nullopt);
  EXPECT_EQ(next(), on(Kind::resume, 0)) << "at any other event there may be some";
}

TEST_F(FetchPlan, WhatWasFetchedAheadIsHastenedWhenSomebodyWantsIt) {
  add_stream(0, 100_MiB, StreamState::requested).may_be_hastened = true;
  situation_.open = false;
  EXPECT_EQ(next(), std::nullopt);
  situation_.open = true;
  EXPECT_EQ(next(), on(Kind::hasten, 0));
}

TEST_F(FetchPlan, WhoReadsOnFindsTheNextRangeUnderWay) {
  readers_.note({1_MiB, 1_MiB}, /*missing=*/true);
  readers_.expect(1_MiB, 2_MiB, situation_.window);
  EXPECT_EQ(next(), std::nullopt) << "nobody has moved";
  EXPECT_EQ(next({.reader_moved = true}), start(2_MiB, 3_MiB));
  situation_.open = false;
  EXPECT_EQ(next({.reader_moved = true}), std::nullopt);
}

TEST_F(FetchPlan, WhatIsFetchedAheadIsAskedForOnce) {
  readers_.note({1_MiB + 100'000, 10'000}, /*missing=*/true);
  readers_.last().fetched_to = 1_MiB + 120'000;  // in the chunk in which its reader began
  const auto action = next({.reader_moved = true});
  ASSERT_TRUE(action.has_value());
  EXPECT_EQ(action->from, 1_MiB);
  add_stream(action->from, action->to, StreamState::requested);
  EXPECT_EQ(next({.reader_moved = true}), std::nullopt);
}

TEST_F(FetchPlan, IdleStreamsAreDroppedAfterAWhile) {
  const SteadyTime now = SteadyTime(std::chrono::hours(1));
  add_stream(8_MiB, 100_MiB, StreamState::paused).paused_since = now;
  add_stream(20_MiB);
  const auto before = [](SteadyTime time) { return Trigger{.time_to_drop = true, .paused_before = time}; };
  EXPECT_EQ(next(before(now - std::chrono::seconds(1))), std::nullopt);
  EXPECT_EQ(next(before(now)), on(Kind::cancel, 0));
  situation_.streams[0].state = StreamState::cancelled;
  EXPECT_EQ(next(before(now)), std::nullopt) << "the other one flows";
  situation_.open = false;
  EXPECT_EQ(next(before(now)), on(Kind::cancel, 1)) << "but for nobody";
}

TEST_F(FetchPlan, AStreamIsWorthARetryWhereSomebodyWantsWhatNoOtherBrings) {
  add_stream(10_MiB, 100_MiB, StreamState::retrying);
  EXPECT_TRUE(is_worth_retrying(situation_, 0));
  add_stream(9_MiB);
  EXPECT_FALSE(is_worth_retrying(situation_, 0)) << "the other one does";
  situation_.streams.pop_back();
  situation_.open = false;
  EXPECT_FALSE(is_worth_retrying(situation_, 0)) << "nobody wants it";
}

TEST_F(FetchPlan, AStreamGoesAsFarAsTheReadsThatWaitForIt) {
  add_stream(0);
  EXPECT_EQ(limit_of(situation_, 0), kGlance);
  add_read({2_MiB, 1_MiB});
  EXPECT_EQ(limit_of(situation_, 0), 3_MiB);
  add_read({2_MiB, 1_MiB + 1});
  EXPECT_EQ(limit_of(situation_, 0), 3_MiB + kChunkSize) << "the chunk may have to be whole";
}

TEST_F(FetchPlan, OthersBringAllWhereEachReadHasOne) {
  add_stream(0);
  EXPECT_FALSE(others_bring_all(situation_, 0)) << "there are none";
  add_stream(10_MiB);
  EXPECT_TRUE(others_bring_all(situation_, 0)) << "nobody waits";
  add_read({0, 10});
  EXPECT_FALSE(others_bring_all(situation_, 0));
  EXPECT_TRUE(others_bring_all(situation_, 1));
}

TEST(WorthWaiting, IsWhatComesBeforeARequestWouldBeAnswered) {
  EXPECT_TRUE(is_worth_waiting(1_MiB, false, 0));
  EXPECT_FALSE(is_worth_waiting(1_MiB + 1, false, 0));
  EXPECT_TRUE(is_worth_waiting(512_KiB, false, 5_MiB)) << "100 ms of its speed";
  EXPECT_FALSE(is_worth_waiting(513_KiB, false, 5_MiB));
  EXPECT_FALSE(is_worth_waiting(2_MiB, false, 1_GiB)) << "a megabyte at most";
  EXPECT_FALSE(is_worth_waiting(600_KiB, false, 20'000)) << "a slow stream";
}

TEST(WorthWaiting, IsAllThatTheKernelReadsAhead) {
  EXPECT_TRUE(is_worth_waiting(3_MiB, true, 100'000));
  EXPECT_FALSE(is_worth_waiting(5_MiB, true, 1_GiB));
}

}  // namespace
}  // namespace mediafs
