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
