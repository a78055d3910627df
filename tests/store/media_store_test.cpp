#include <vector>

#include "store/store_fixture.h"

namespace mediafs {
namespace {

class MediaStoreTest : public StoreFixture {};

TEST_F(MediaStoreTest, FindingAndReadingAWholeMediaIsOneRequest) {
  start();
  const auto item = find(kLarge);
  ASSERT_TRUE(item.ok());
  EXPECT_EQ((*item)->size, 20'000'000U);
  store_->opened((*item)->id);
  expect_exact(kLarge, *item, {0, 20'000'000});
  EXPECT_EQ(server_.requests_for(kLarge), 1U);
}

TEST_F(MediaStoreTest, AFailureThatLastsUntilTheDeadlineIsNamedAsWhatItIs) {
  start({.deadline = Duration(2'000)});
  server_.set_rules("* * status 503");
  EXPECT_EQ(find(kSmall).error().code, Errc::unavailable);
}

TEST_F(MediaStoreTest, WhatWasReadOnceIsReadAgainWithTheApiAway) {
  start();
  const auto item = find(kLarge);
  store_->opened((*item)->id);
  expect_exact(kLarge, *item, {0, 20'000'000});
  restart();
  server_.go_down();
  const auto known = find(kLarge);
  ASSERT_TRUE(known.ok());
  EXPECT_TRUE((*known)->complete);
  expect_exact(kLarge, *known, {0, 20'000'000});
}

TEST_F(MediaStoreTest, WhatHasBeenErasedIsNotReadThoughTheDiskHasItStill) {
  start();
  const auto item = *find(kLarge);
  store_->opened(item->id);
  expect_exact(kLarge, item, {0, 20'000'000});
  ASSERT_TRUE(happens([&] { return catalog_->find(item->id)->complete; }));
  cache_.settle();
  cache_.set_commit_delay(std::chrono::hours(1));
  store_->erase(item->id);
  for (const ByteRange range : {ByteRange{0, 4096}, ByteRange{0, kChunkSize}}) {
    const auto bytes = read(item, range);
    ASSERT_FALSE(bytes.ok());
    EXPECT_EQ(to_string(bytes.error().code), to_string(Errc::changed));
  }
}

TEST_F(MediaStoreTest, ManyWhoAskForOneMediaShareOneRequest) {
  start();
  server_.set_rules("* 1 hang");
  std::vector<std::future<Result<MediaItemRef>>> finders;
  for (int i = 0; i < 50; ++i) finders.push_back(find_later(kSmall));
  ASSERT_TRUE(server_.wait_for_requests(kSmall, 1));
  server_.release();
  for (auto& finder : finders) ASSERT_TRUE(wait(finder).ok());
  EXPECT_EQ(server_.requests_for(kSmall), 1U);
}

TEST_F(MediaStoreTest, AReadIsAnsweredWhenItsOwnBytesAreThere) {
  start();
  server_.set_rules("* * no-signature + stall 64K");
  const auto item = find(kSmall);
  ASSERT_TRUE(item.ok());
  expect_exact(kSmall, *item, {0, 4096});
  expect_exact(kSmall, *item, {60'000, 4096});
}

TEST_F(MediaStoreTest, ASmallSignedMediaIsGivenOnlyOnceItIsVerified) {
  start({.deadline = Duration(2'000)});
  server_.set_rules("* * stall 100K");
  const auto item = find(kSmall);
  ASSERT_TRUE(item.ok());
  const auto bytes = read(*item, {0, 4096});
  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(bytes.error().code, Errc::timed_out);
}

TEST_F(MediaStoreTest, NorByWayOfARangeAfterARemount) {
  start({.deadline = Duration(2'000)});
  server_.set_rules("* * stall 100K");
  ASSERT_TRUE(find(kSmall).ok());
  server_.set_rules("");
  restart();
  server_.reset();
  const auto item = find(kSmall);
  ASSERT_TRUE(item.ok());
  expect_exact(kSmall, *item, {200'000, 4096});
  ASSERT_EQ(server_.requests_for(kSmall), 1U);
  EXPECT_EQ(server_.requests()[0].range, "") << "no signature proves a range";
}

TEST_F(MediaStoreTest, AWrongSignatureGivesNoByteAndIsRetriedOnce) {
  start();
  server_.set_rules("* * bad-signature");
  const auto item = find(kSmall);
  ASSERT_TRUE(item.ok());
  const auto bytes = read(*item, {0, 4096});
  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(to_string(bytes.error().code), to_string(Errc::corrupt));
  EXPECT_EQ(server_.requests_for(kSmall), 2U);
}

TEST_F(MediaStoreTest, AWrongSignatureThatPassesIsNotSeen) {
  start();
  server_.set_rules("* 1 bad-signature");
  const auto item = find(kSmall);
  ASSERT_TRUE(item.ok());
  expect_exact(kSmall, *item, {0, 300'000});
}

TEST_F(MediaStoreTest, ACutBodyGoesOnWhereItBrokeByRange) {
  start();
  server_.set_rules("* 1 cut 10000000");
  const auto item = find(kLarge);
  store_->opened((*item)->id);
  expect_exact(kLarge, *item, {0, 20'000'000});
  const auto requests = server_.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[1].range, "bytes=10000000-");
  EXPECT_FALSE(requests[1].if_range.empty());
}

TEST_F(MediaStoreTest, AnOriginThatAnswersRangesWronglyIsAskedForTheWhole) {
  start();
  server_.set_rules("* 1 cut 10000000\n* 2-3 wrong-content-range");
  const auto item = find(kLarge);
  store_->opened((*item)->id);
  expect_exact(kLarge, *item, {0, 20'000'000});
  EXPECT_EQ(server_.requests().back().range, "");
}

class WithoutValidators : public StoreFixture {
 protected:
  WithoutValidators() : StoreFixture({.validators = false}) {}
};

TEST_F(WithoutValidators, ACutBodyIsFetchedAgainWhole) {
  start();
  server_.set_rules("* 1 cut 10000000");
  const auto item = find(kLarge);
  store_->opened((*item)->id);
  expect_exact(kLarge, *item, {0, 20'000'000});
  EXPECT_EQ(server_.requests().back().range, "");
}

TEST_F(WithoutValidators, ACutBodyThatComesAgainOtherwiseIsNeverMixed) {
  start();
  server_.set_rules("* 1 cut 10000000\n* 2+ body-of gen-000020000000-other001");
  const auto item = find(kLarge);
  store_->opened((*item)->id);
  EXPECT_EQ(to_string(read(*item, {0, 20'000'000}).error().code), to_string(Errc::changed));
}

TEST_F(WithoutValidators, NoPieceOfAnotherVersionIsGivenOfWhatComesAgain) {
  start({.memory = 16_MiB}, /*with_cache=*/false);
  const auto item = *find(kLarge);
  store_->opened(item->id);
  for (std::uint64_t offset = 0; offset < 20'000'000; offset += 1'000'000)
    expect_exact(kLarge, item, {offset, 1'000'000});
  server_.set_rules("* * body-of gen-000020000000-other001");
  const auto again = read(item, {0, 4096});
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(to_string(again.error().code), to_string(Errc::changed));
}

TEST_F(WithoutValidators, WhatTheCacheHasLostIsNotFilledUpFromAnotherVersion) {
  start();
  const auto before = *find(kLarge);
  store_->opened(before->id);
  expect_exact(kLarge, before, {0, 20'000'000});
  restart();
  const auto item = *find(kLarge);
  ASSERT_TRUE(item->complete);
  store_->opened(item->id);
  expect_exact(kLarge, item, {0, 4096});
  server_.set_rules("* * body-of gen-000020000000-other001");
  cache_.set_broken(true);
  const auto rest = read(item, {1'000'000, 4096});
  ASSERT_FALSE(rest.ok());
  EXPECT_EQ(to_string(rest.error().code), to_string(Errc::changed));
}

TEST_F(WithoutValidators, NothingOfWhatIsErasedStaysInMemoryThoughNoDownloadHasIt) {
  start({}, /*with_cache=*/false);
  const auto item = *find(kLarge);
  expect_exact(kLarge, item, {0, 4096});
  ASSERT_TRUE(happens([&] { return store_->under_way() == 0; }));
  store_->erase(item->id);
  const auto bytes = read(item, {0, 4096});
  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(to_string(bytes.error().code), to_string(Errc::changed));
}

TEST_F(WithoutValidators, WhatTheMemoryHasWholeCostsNoRequestWithoutACache) {
  start({}, /*with_cache=*/false);
  const auto item = *find(kSmall);
  expect_exact(kSmall, item, {0, 300'000});
  ASSERT_TRUE(happens([&] { return store_->under_way() == 0; }));
  store_->opened(item->id);
  expect_exact(kSmall, *find(kSmall), {0, 300'000});
  EXPECT_EQ(server_.requests_for(kSmall), 1U);
}

class WithoutALength : public WithoutValidators, public testing::WithParamInterface<const char*> {};

/// Nothing but its end tells that it is another version: of another size, and not broken.
TEST_P(WithoutALength, AnotherVersionIsFoundAnewAtItsEnd) {
  start({.memory = 16_MiB}, /*with_cache=*/false);
  server_.set_rules("* * no-length");
  ASSERT_EQ((*find(kLarge))->size, 20'000'000U);
  ASSERT_TRUE(happens([&] { return store_->under_way() == 0; }));
  server_.set_rules(std::string("* * no-length + body-of ") + GetParam());
  store_->opened(id_of(kLarge));
  const auto before = *find(kLarge);
  const auto end = read(before, {19'999'000, 1'000});
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(to_string(end.error().code), to_string(Errc::changed));
  const auto after = find(kLarge);
  ASSERT_TRUE(after.ok()) << after.error().context;
  EXPECT_NE((*after)->size, before->size);
  expect_exact(GetParam(), *after, {0, (*after)->size});
}

INSTANTIATE_TEST_SUITE_P(LongerAndShorter, WithoutALength,
                         testing::Values("gen-000030000000-other001", "gen-000010000000-other001"));

TEST_F(WithoutValidators, WhatAnEarlierDownloadLeftIsNotContinued) {
  start({.keep_unwanted = Duration(1)});
  const auto first = find(kLarge);
  expect_exact(kLarge, *first, {0, 4096});
  // Nobody has it open: after 4 MiB the stream is dropped, and with it what another one could be compared
  // with.
  ASSERT_TRUE(happens([&] { return store_->under_way() == 0; }));
  store_->opened((*first)->id);
  const auto second = find(kLarge);
  EXPECT_NE((*second)->revision, (*first)->revision);
  expect_exact(kLarge, *second, {0, 20'000'000});
}

TEST_F(MediaStoreTest, APartOfAnotherVersionIsNotContinuedWith) {
  start();
  server_.set_rules(
      "* 1 cut 10000000\n"
      "* 2 raw HTTP/1.1 206 Partial Content\\r\\nETag: \"other\"\\r\\nContent-Length: 10000000\\r\\n"
      "Content-Range: bytes 10000000-19999999/20000000\\r\\n\\r\\nwrong bytes");
  const auto item = find(kLarge);
  store_->opened((*item)->id);
  EXPECT_EQ(to_string(read(*item, {0, 20'000'000}).error().code), to_string(Errc::changed));
  const auto again = find(kLarge);
  ASSERT_TRUE(again.ok()) << again.error().context;
  EXPECT_NE((*again)->revision, (*item)->revision);
  expect_exact(kLarge, *again, {0, 20'000'000});
}

TEST_F(MediaStoreTest, AVersionOfAnotherSizeWithoutALengthIsFoundAnew) {
  start();
  const std::string other = "gen-000001100000-other001";
  server_.set_rules("* 1 cut 10000000\n* 2+ no-length + etag second + body-of " + other);
  const auto item = find(kLarge);
  store_->opened((*item)->id);
  EXPECT_EQ(to_string(read(*item, {0, 20'000'000}).error().code), to_string(Errc::changed));
  const auto again = find(kLarge);
  ASSERT_TRUE(again.ok()) << again.error().context;
  EXPECT_EQ((*again)->size, 1'100'000U);
  expect_exact(other, *again, {0, 1'100'000});
  EXPECT_LE(server_.requests_for(kLarge), 3U);
}

TEST_F(MediaStoreTest, AReadThatTookTooLongIsNotWaitedForAgainAtOnce) {
  start({.deadline = Duration(2'000)});
  server_.set_rules("* * no-signature + stall 64K");
  const auto item = find(kSmall);
  EXPECT_EQ(to_string(read(*item, {100'000, 4096}).error().code), to_string(Errc::timed_out));
  auto repeated = read_later(*item, {104'096, 4096});
  EXPECT_EQ(repeated.wait_for(std::chrono::seconds(0)), std::future_status::ready);
}

TEST_F(MediaStoreTest, LookingAgainForASizeThatIsBeingFoundIsNoSecondRequest) {
  start({.deadline = Duration(2'000)});
  server_.set_rules("* * no-length + stall 1M");
  EXPECT_EQ(to_string(find(kLarge).error().code), to_string(Errc::timed_out));
  EXPECT_EQ(to_string(find(kLarge).error().code), to_string(Errc::timed_out));
  EXPECT_EQ(server_.requests_for(kLarge), 1U);
}

TEST_F(MediaStoreTest, ABodyThatChangesWhileItsSizeIsFoundIsFoundAnew) {
  start();
  server_.set_rules(
      "* 1 no-length + cut-chunked 3000000\n* 2+ no-length + etag x + body-of gen-000020000000-other001");
  const auto item = find(kLarge);
  ASSERT_TRUE(item.ok()) << item.error().context;
  expect_exact("gen-000020000000-other001", *item, {0, 20'000'000});
}

TEST_F(MediaStoreTest, AVersionThatChangedUnderAReaderIsNeverMixed) {
  start();
  std::promise<MediaId> changed;
  store_->on_change([&](const MediaId& id) { changed.set_value(id); });
  server_.set_rules("* 1 cut 10000000\n* 2+ etag second + body-of gen-000020000000-other001");
  const auto item = find(kLarge);
  store_->opened((*item)->id);
  const auto bytes = read(*item, {0, 20'000'000});
  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(to_string(bytes.error().code), to_string(Errc::changed));
  EXPECT_EQ(wait(changed.get_future()), id_of(kLarge));
}

TEST_F(MediaStoreTest, AnAbsentMediaIsAskedForOnceInAWhile) {
  start();
  for (int i = 0; i < 3; ++i) {
    const auto item = find("no-such-media-0001");
    ASSERT_FALSE(item.ok());
    EXPECT_EQ(item.error().code, Errc::not_found);
  }
  EXPECT_EQ(server_.requests_for("no-such-media-0001"), 1U);
}

TEST_F(MediaStoreTest, AGatewaysWordThatThereIsNoneIsForOneCallerAndErasesNothing) {
  start();
  server_.set_rules("* 1 status-plain 404");
  EXPECT_EQ(find(kSmall).error().code, Errc::not_found_by_gateway);
  const auto item = find(kSmall);
  ASSERT_TRUE(item.ok()) << "the next one asks the origin itself";
  expect_exact(kSmall, *item, {0, 300'000});
  ASSERT_TRUE(happens([&] { return catalog_->find(id_of(kSmall))->complete; }));
  server_.set_rules("* * status-plain 404");
  expect_exact(kSmall, *find(kSmall), {0, 300'000});
}

/// Both the API's own 404 and a gateway's, for a range.
class DeniedRange : public MediaStoreTest, public testing::WithParamInterface<const char*> {};

TEST_P(DeniedRange, IsAskedForOnceMoreAsAWhole) {
  start();
  server_.set_rules(kLarge + " 1 cut 6M\n" + kLarge + " 2 " + GetParam());
  const auto item = find(kLarge);
  ASSERT_TRUE(item.ok());
  store_->opened((*item)->id);
  expect_exact(kLarge, *item, {0, 20'000'000});
  const auto asked = server_.requests();
  ASSERT_GE(asked.size(), 3U);
  EXPECT_NE(asked[1].range, "");
  EXPECT_EQ(asked[2].range, "");
}

INSTANTIATE_TEST_SUITE_P(ByApiOrGateway, DeniedRange,
                         testing::Values("status 404 1302 Not found", "status-plain 404"));

TEST_F(MediaStoreTest, ABodyThatStandsStillIsResumedWellBeforeTheDeadline) {
  start();
  server_.set_rules(kLarge + " 1 stall 6M");
  const auto item = find(kLarge);
  ASSERT_TRUE(item.ok());
  store_->opened((*item)->id);
  const SteadyTime asked = timer_.now();
  expect_exact(kLarge, *item, {0, 20'000'000});
  EXPECT_LT(timer_.now() - asked, std::chrono::seconds(15));
}

TEST_F(MediaStoreTest, AFailureThatMayPassIsNoAbsence) {
  start({.deadline = Duration(2'000)});
  server_.set_rules(kSmall + " * hang");
  EXPECT_EQ(find(kSmall).error().code, Errc::timed_out);
  server_.set_rules("");
  restart();
  EXPECT_TRUE(find(kSmall).ok());
}

TEST_F(MediaStoreTest, ABodyWithoutALengthHasItsSizeFoundFirst) {
  start();
  server_.set_rules("* * no-length");
  const auto item = find(kLarge);
  ASSERT_TRUE(item.ok());
  EXPECT_EQ((*item)->size, 20'000'000U);
  expect_exact(kLarge, *item, {0, 20'000'000});
  EXPECT_EQ(server_.requests_for(kLarge), 1U);
}

TEST_F(MediaStoreTest, ABodyWithoutALengthHasACap) {
  start({.max_unsized = 1_MiB});
  server_.set_rules("* * no-length");
  const auto item = find(kLarge);
  ASSERT_FALSE(item.ok());
  EXPECT_EQ(item.error().code, Errc::too_large);
}

TEST_F(MediaStoreTest, WithoutACacheLargeMediaStillReadExactly) {
  start({.memory = 16_MiB}, /*with_cache=*/false);
  const auto item = find(kLarge);
  ASSERT_TRUE(item.ok());
  store_->opened((*item)->id);
  for (std::uint64_t offset = 0; offset < 20'000'000; offset += 1'000'000) {
    expect_exact(kLarge, *item, {offset, 1'000'000});
  }
  expect_exact(kLarge, *item, {0, 4096});
  expect_exact(kLarge, *item, {19'000'000, 1'000'000});
}

TEST_F(MediaStoreTest, ManyHeldBackMediaDoNotStarveEachOtherOfMemory) {
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

TEST_F(MediaStoreTest, WhoeverStopsWaitingIsLetGoAndLeavesNothingBehind) {
  start();
  server_.set_rules("* * hang");
  std::stop_source stop;
  std::promise<Errc> ended;
  store_->find(
      id_of(kSmall), [&](const Result<MediaItemRef>& item) { ended.set_value(item.error().code); },
      stop.get_token());
  ASSERT_TRUE(server_.wait_for_requests(kSmall, 1));
  stop.request_stop();
  EXPECT_EQ(to_string(wait(ended.get_future())), to_string(Errc::cancelled));
  EXPECT_TRUE(happens([&] { return store_->under_way() == 0; }));
}

TEST_F(MediaStoreTest, OneOfManyWhoStopsWaitingDisturbsNoOther) {
  start();
  server_.set_rules("* * no-signature + stall 64K");
  const auto item = find(kLarge);
  store_->opened((*item)->id);
  std::stop_source stop;
  std::promise<Errc> ended;
  auto other = read_later(*item, {500'000, 4096});
  store_->read(
      *item, {500'000, 4096}, [&](const Result<Slices>& read) { ended.set_value(read.error().code); },
      stop.get_token());
  stop.request_stop();
  EXPECT_EQ(to_string(wait(ended.get_future())), to_string(Errc::cancelled));
  server_.release();
  EXPECT_TRUE(wait(other).ok());
  EXPECT_EQ(server_.requests_for(kLarge), 1U);
}

TEST_F(MediaStoreTest, StoppingAnswersEverybody) {
  start();
  server_.set_rules("* * hang");
  auto finder = find_later(kSmall);
  ASSERT_TRUE(server_.wait_for_requests(kSmall, 1));
  store_->stop();
  EXPECT_EQ(wait(finder).error().code, Errc::cancelled);
}

}  // namespace
}  // namespace mediafs
