#include "mediafs/store/eraser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/store_fixture.h"

namespace mediafs {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

const std::string kOther = "gen-000000300000-small002";
const std::string kSession = "5e551011-0000-4000-8000-000000000001";
const std::string kAttempt = "a77e3b11-0000-4000-8000-000000000001";
const std::string kEarlier = "a77e3b11-0000-4000-8000-000000000002";

class EraserTest : public StoreFixture {
 protected:
  EraserTest() {
    server_.add_manifest(R"({"sessions":[{"id":")" + kSession + R"(","attempts":[{"id":")" + kAttempt +
                         R"(","media":[{"id":")" + kSmall + R"(","context":"face"}]},{"id":")" + kEarlier +
                         R"(","media":[{"id":")" + kOther + R"(","context":"face"}]}]}]})");
  }

  EraseCount erase(const std::string& media) {
    Eraser eraser(*catalog_, *store_, *listings_);
    return eraser.erase(scope_of_media(*catalog_, id_of(media)));
  }
  EraseCount erase_session() {
    Eraser eraser(*catalog_, *store_, *listings_);
    return eraser.erase(scope_of_session(*catalog_, id_of(kSession)));
  }
  MediaItemRef read_whole(const std::string& id) {
    const MediaItemRef item = *find(id);
    expect_exact(id, item, {0, item->size});
    EXPECT_TRUE(happens([&] { return catalog_->find(id_of(id))->complete; }));
    cache_.settle();
    return item;
  }
  void expect_no_trace_of(const std::string& id) {
    EXPECT_EQ(catalog_->find(id_of(id)), nullptr);
    EXPECT_EQ(catalog_->mention(id_of(id)).listings, 0U);
  }

  const ListingKey session_{ListingKind::session_media, id_of(kSession)};
  const ListingKey attempts_{ListingKind::session_attempts, id_of(kSession)};
  const ListingKey attempt_{ListingKind::attempt_media, id_of(kAttempt)};
  const ListingKey earlier_{ListingKind::attempt_media, id_of(kEarlier)};
};

TEST_F(EraserTest, NothingOfAMediaIsLeft) {
  start();
  const MediaItemRef item = read_whole(kSmall);
  EXPECT_EQ(erase(kSmall).media, 1U);
  expect_no_trace_of(kSmall);
  cache_.settle();
  EXPECT_EQ(read(item, {0, 1}).error().code, Errc::changed);
  EXPECT_EQ(cache_.chunks_of(item->id, item->revision), 0U);
  restart();
  expect_no_trace_of(kSmall);
}

TEST_F(EraserTest, WhatIsErasedIsFetchedAnewAsAnotherVersion) {
  start();
  const MediaItemRef before = read_whole(kSmall);
  erase(kSmall);
  const MediaItemRef after = read_whole(kSmall);
  EXPECT_NE(after->revision, before->revision);
  EXPECT_EQ(server_.requests_for(kSmall), 2U);
}

TEST_F(EraserTest, WhatIsNotKnownIsNoError) {
  start();
  EXPECT_EQ(erase(kSmall).media, 0U);
  EXPECT_EQ(erase_session().listings, 0U);
  EXPECT_EQ(store_->under_way(), 0U);
  EXPECT_EQ(server_.total_requests(), 0U);
}

TEST_F(EraserTest, WhoWaitsForAnErasedMediaIsTold) {
  start();
  server_.set_rules("* 1 no-signature + stall 4M\n* 2 hang");
  const MediaItemRef item = *find(kLarge);
  store_->opened(item->id);
  expect_exact(kLarge, item, {0, 1_MiB});
  auto waiting = read_later(item, {10_MiB, 4096});
  ASSERT_TRUE(server_.wait_for_requests(kLarge, 2)) << "a range of its own";
  EXPECT_EQ(erase(kLarge).media, 1U);
  EXPECT_EQ(wait(waiting).error().code, Errc::changed);
  server_.release();
  store_->closed(item->id);
  EXPECT_TRUE(happens([&] { return store_->under_way() == 0; }));
  cache_.settle();
  EXPECT_EQ(cache_.chunks_of(item->id, item->revision), 0U) << "of what came after";
  expect_no_trace_of(kLarge);
  EXPECT_EQ(server_.requests_for(kLarge), 2U) << "nobody has asked since";
}

TEST_F(EraserTest, AHeadThatComesAfterwardsIsNotBelieved) {
  start();
  server_.set_rules("* 1 hang");
  auto waiting = find_later(kSmall);
  ASSERT_TRUE(server_.wait_for_requests(kSmall, 1));
  erase(kSmall);
  EXPECT_EQ(wait(waiting).error().code, Errc::changed);
  server_.release();
  EXPECT_TRUE(happens([&] { return store_->under_way() == 0; }));
  expect_no_trace_of(kSmall);
}

TEST_F(EraserTest, ARestartThatWasPlannedIsNotMade) {
  start();
  server_.set_rules("* 1 no-signature + cut 4M\n* 2+ status 503");
  const MediaItemRef item = *find(kLarge);
  store_->opened(item->id);
  ASSERT_TRUE(server_.wait_for_requests(kLarge, 1));
  erase(kLarge);
  const auto asked = server_.requests_for(kLarge);
  store_->closed(item->id);
  EXPECT_TRUE(happens([&] { return store_->under_way() == 0; }));
  EXPECT_EQ(server_.requests_for(kLarge), asked);
  expect_no_trace_of(kLarge);
}

TEST_F(EraserTest, AProvisionalItemGoesWithItsMedia) {
  start();
  for (const ListingKey& key : {session_, attempt_, earlier_}) ASSERT_TRUE(list(key).ok());
  const ListingRef other = catalog_->find_listing(earlier_);
  EXPECT_EQ(erase(kSmall).listings, 2U);
  expect_no_trace_of(kSmall);
  EXPECT_EQ(catalog_->find_listing(earlier_), other) << "which has nothing of it";
  const auto asked = server_.total_requests();
  EXPECT_TRUE(list(session_).ok());
  EXPECT_EQ(server_.total_requests(), asked + 1) << "asked for anew";
}

TEST_F(EraserTest, ASessionGoesWithItsAttemptsAndAllTheirMedia) {
  start();
  for (const ListingKey& key : {session_, attempts_, attempt_, earlier_}) ASSERT_TRUE(list(key).ok());
  read_whole(kSmall);
  const EraseCount erased = erase_session();
  EXPECT_EQ(erased.media, 2U);
  EXPECT_EQ(erased.listings, 4U);
  expect_no_trace_of(kSmall);
  expect_no_trace_of(kOther);
  EXPECT_TRUE(catalog_->empty());
  EXPECT_THAT(catalog_->attempts(), IsEmpty());
  restart();
  EXPECT_TRUE(catalog_->empty());
}

TEST_F(EraserTest, ASessionGoesWholeAlsoAfterOneOfItsMedia) {
  start();
  for (const ListingKey& key : {session_, attempts_, attempt_, earlier_}) ASSERT_TRUE(list(key).ok());
  erase(kSmall);
  restart();
  EXPECT_EQ(erase_session().media, 1U) << "the other one";
  expect_no_trace_of(kOther);
  EXPECT_TRUE(catalog_->empty());
}

TEST_F(EraserTest, AnAttemptIsKnownForItsSessionsAlsoWithoutItsList) {
  server_.put_document("/v1/attempts/" + kEarlier + "/media", "application/json",
                       R"({"status":"success","images":[{"id":")" + kOther +
                           R"(","context":"face","mimetype":"image/jpeg","size":300000,"sessionId":")" +
                           kSession + R"("}]})");
  start();
  ASSERT_TRUE(list(earlier_).ok());
  EXPECT_EQ(erase_session().media, 1U);
  EXPECT_TRUE(catalog_->empty());
}

TEST_F(EraserTest, AListingThatWasAskedForBeforeIsAskedForAgain) {
  start();
  server_.set_rules("/media 1 hang");
  auto waiting = list_later(session_);
  ASSERT_TRUE(server_.wait_for_requests(kSession, 1));
  erase_session();
  const auto listing = wait(waiting);
  ASSERT_TRUE(listing.ok()) << "the one that was asked for after the erasure";
  EXPECT_EQ(server_.requests_for(kSession), 2U);
  server_.release();
  EXPECT_EQ(catalog_->find_listing(session_), *listing);
}

}  // namespace
}  // namespace mediafs
