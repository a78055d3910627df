#include "store/revalidation.h"

#include <array>

#include <gtest/gtest.h>

#include "store/store_fixture.h"

namespace mediafs {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const std::string kId = "gen-000000300000-small001";

TEST(Revalidation, TheOriginsWordIsOldAfterItsTimeAndWhereTheClockWentBack) {
  constexpr UnixSeconds kNow = 1'000'000;
  EXPECT_FALSE(is_old(kNow, kNow, seconds(1)));
  EXPECT_FALSE(is_old(kNow - 9, kNow, seconds(10)));
  EXPECT_TRUE(is_old(kNow - 10, kNow, seconds(10)));
  EXPECT_TRUE(is_old(kNow + 1, kNow, hours(24)));
  EXPECT_TRUE(is_old(0, kNow, hours(24))) << "never";
}

TEST(Revalidation, OnlyTwoDenialsMeanThatAMediaIsGone) {
  EXPECT_EQ(verdict_on(ok_status(), 0), Verdict::exists);
  EXPECT_EQ(verdict_on(ok_status(), 1), Verdict::exists);
  for (const Errc code : kAllErrcs) {
    const bool denied = code == Errc::not_found;
    EXPECT_EQ(verdict_on(Error{code, ""}, 0), denied ? Verdict::ask_again : Verdict::unknown);
    EXPECT_EQ(verdict_on(Error{code, ""}, 1), denied ? Verdict::gone : Verdict::unknown);
  }
}

class RevalidationTest : public StoreFixture {
 protected:
  /// A media that is here, and of which the origin has last spoken a day ago.
  void start_with_an_old_one(MediaStore::Options options = {}) {
    options.revalidate = hours(1);
    start(options);
    const MediaItemRef item = *find(kId);
    expect_exact(kId, item, {0, item->size});
    ASSERT_TRUE(happens([&] { return catalog_->find(id_of(kId))->complete; }));
    ASSERT_TRUE(happens([&] { return store_->under_way() == 0; }));
    make_old();
    server_.reset();
  }
  void make_old() {
    MediaItem old = *catalog_->find(id_of(kId));
    old.confirmed = timer_.clock().wall_seconds() - 24 * 3600;
    catalog_->remember(old);
  }
  Result<MediaItemRef> open() { return wait(open_later()); }
  std::future<Result<MediaItemRef>> open_later(const std::stop_token& stop = {}) {
    auto promise = std::make_shared<std::promise<Result<MediaItemRef>>>();
    store_->confirm_to_open(
        id_of(kId), [promise](Result<MediaItemRef> item) { promise->set_value(std::move(item)); }, stop);
    return promise->get_future();
  }
  /// How often it has been asked for.
  std::uint64_t asked() { return server_.requests_for(kId); }
};

TEST_F(RevalidationTest, OneCheapRequestForAnOpenAfterTheTimeAndNoneBefore) {
  start_with_an_old_one();
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(asked(), 1U);
  EXPECT_EQ(server_.requests().front().range, "bytes=0-0");
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(asked(), 1U);
  expect_exact(kId, *open(), {0, 300'000});
  EXPECT_EQ(asked(), 1U) << "its bytes are still here";
}

TEST_F(RevalidationTest, TheOriginsWordSurvivesARestart) {
  start_with_an_old_one();
  ASSERT_TRUE(open().ok());
  restart({.revalidate = hours(1)});
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(asked(), 1U);
}

TEST_F(RevalidationTest, AllWhoOpenShareOneQuestion) {
  start_with_an_old_one();
  server_.set_rules("* 1 hang");
  std::vector<std::future<Result<MediaItemRef>>> opens;
  for (int i = 0; i < 20; ++i) opens.push_back(open_later());
  ASSERT_TRUE(server_.wait_for_requests(kId, 1));
  server_.release();
  for (auto& one : opens) EXPECT_TRUE(wait(one).ok());
  EXPECT_EQ(asked(), 1U);
}

TEST_F(RevalidationTest, WhatIsGoneTwiceIsErased) {
  start_with_an_old_one();
  const MediaItemRef item = catalog_->find(id_of(kId));
  server_.remove(kId);
  EXPECT_EQ(open().error().code, Errc::not_found);
  EXPECT_EQ(asked(), 2U);
  EXPECT_EQ(catalog_->find(id_of(kId)), nullptr);
  cache_.settle();
  EXPECT_EQ(cache_.chunks_of(item->id, item->revision), 0U);
  EXPECT_EQ(open().error().code, Errc::not_found);
  EXPECT_EQ(asked(), 2U) << "that is believed for a while";
}

TEST_F(RevalidationTest, ADeniedRangeIsAskedOnceMoreAsAWhole) {
  start_with_an_old_one();
  server_.set_rules(kId + " 1 status 404 1302 Not found");
  ASSERT_TRUE(open().ok());
  ASSERT_EQ(asked(), 2U);
  EXPECT_EQ(server_.requests().front().range, "bytes=0-0");
  EXPECT_EQ(server_.requests().back().range, "");
}

/// Nothing of this says that the media is gone.
class NoWordOnIt : public RevalidationTest, public testing::WithParamInterface<const char*> {};

TEST_P(NoWordOnIt, LeavesItAsItIs) {
  start_with_an_old_one();
  server_.set_rules(GetParam());
  ASSERT_TRUE(open().ok());
  expect_exact(kId, catalog_->find(id_of(kId)), {0, 300'000});
  EXPECT_LE(asked(), 2U);
}

INSTANTIATE_TEST_SUITE_P(Answers, NoWordOnIt,
                         testing::Values("* 1 status 404 1302 Not found", "* 1 status 410 1302 Erased",
                                         "* * status 400 1104 Invalid id", "* * status 400 1802 Not yours",
                                         "* * status 401 1102 Unknown key", "* * status 429 1600 Slow down",
                                         "* * status 503", "* * status-plain 502", "* * status-plain 404",
                                         "* * html", "* * drop", "* 1 status 404\n* 2 status 503",
                                         "* * garbage-status", "* * json-error 1104",
                                         "* * wrong-content-range"));

TEST_F(RevalidationTest, AnOriginThatIgnoresRangesIsBelievedToo) {
  start_with_an_old_one();
  server_.set_rules("* * ignore-range");
  ASSERT_TRUE(open().ok());
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(asked(), 1U);
}

TEST_F(RevalidationTest, AnotherVersionIsNotServedFromTheOldOnesBytes) {
  start_with_an_old_one();
  const std::string newer = "another body of another length";
  server_.put_media(kId, "image/jpeg", newer);
  const auto item = open();
  ASSERT_TRUE(item.ok());
  EXPECT_EQ((*item)->size, newer.size());
  EXPECT_EQ(*read(*item, {0, newer.size()}), newer);
}

TEST_F(RevalidationTest, AnOriginThatDoesNotAnswerIsWaitedForOnce) {
  start_with_an_old_one();
  server_.set_rules("* * hang");
  ASSERT_TRUE(open().ok()) << "after a moment";
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(open().ok());
  EXPECT_EQ(asked(), 1U) << "the one question is still under way";
  server_.set_rules("");
  server_.release();
  ASSERT_TRUE(happens([&] {
    return catalog_->find(id_of(kId))->confirmed >= timer_.clock().wall_seconds() - 60;
  })) << "a late answer counts";
  make_old();
  server_.remove(kId);
  EXPECT_TRUE(happens([&] { return !open().ok(); })) << "learnt without anybody waiting";
  EXPECT_EQ(catalog_->find(id_of(kId)), nullptr);
}

TEST_F(RevalidationTest, AnOriginThatAnswersAgainIsWaitedForAgain) {
  start_with_an_old_one();
  server_.set_rules("* 1 status 503");
  ASSERT_TRUE(open().ok());
  timer_.advance(std::chrono::seconds(2));
  ASSERT_TRUE(open().ok());
  ASSERT_TRUE(happens([&] {
    return catalog_->find(id_of(kId))->confirmed >= timer_.clock().wall_seconds() - 60;
  })) << "asked in the background";
  make_old();
  server_.remove(kId);
  EXPECT_EQ(open().error().code, Errc::not_found);
}

TEST_F(RevalidationTest, WhoIsKilledDoesNotWait) {
  start_with_an_old_one();
  server_.set_rules("* * hang");
  std::stop_source killed;
  auto waiting = open_later(killed.get_token());
  ASSERT_TRUE(server_.wait_for_requests(kId, 1));
  killed.request_stop();
  EXPECT_EQ(wait(waiting).error().code, Errc::cancelled);
}

TEST_F(RevalidationTest, WhoWaitsAtTheEndIsAnswered) {
  start_with_an_old_one();
  server_.set_rules("* * hang");
  auto waiting = open_later();
  ASSERT_TRUE(server_.wait_for_requests(kId, 1));
  store_->stop();
  EXPECT_EQ(wait(waiting).error().code, Errc::cancelled);
}

}  // namespace
}  // namespace mediafs
