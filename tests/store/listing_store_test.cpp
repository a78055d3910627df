#include "mediafs/store/listing_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/store_fixture.h"

namespace mediafs {
namespace {

class ListingStoreTest : public StoreFixture {
 protected:
  static inline const std::string kSession = "5e551011-0000-4000-8000-000000000001";
  static inline const std::string kPath = "/v1/sessions/" + kSession + "/media";
  static inline const std::string kFace = "gen-000000001000-small001";
  static inline const std::string kBack = "gen-000000002000-small002";

  ListingStoreTest() { publish({kFace}); }

  void publish(const std::vector<std::string>& ids, std::uint64_t listed_size = 0) {
    std::string media;
    for (const std::string& id : ids) {
      const std::string size = listed_size > 0 ? ",\"size\":" + std::to_string(listed_size) : "";
      media += (media.empty() ? "" : ",") + (R"({"id":")" + id + R"(","context":"face")" + size + "}");
    }
    server_.add_manifest(R"({"sessions":[{"id":")" + kSession +
                         R"(","attempts":[{"id":"a77e3b11-0000-4000-8000-000000000001",
        "media":[)" + media +
                         "]}]}]}");
  }
  std::size_t listed() {
    const auto listing = list(key_);
    return listing ? (*listing)->media.size() : 0;
  }
  /// From now on every listing is an old one.
  void without_ttl() { listing_options_.ttl = Duration(0); }

  const ListingKey key_{ListingKind::session_media, id_of(kSession)};
};

TEST_F(ListingStoreTest, OneRequestForAllWhoAsk) {
  server_.set_rules("* 1 delay 100ms");
  start();
  std::vector<std::future<Result<ListingRef>>> waiting;
  for (int i = 0; i < 20; ++i) waiting.push_back(list_later(key_));
  for (auto& listing : waiting) EXPECT_TRUE(wait(listing).ok());
  EXPECT_EQ(listed(), 1U);
  EXPECT_TRUE(listings_->is_fresh(key_));
  EXPECT_EQ(server_.total_requests(), 1U);
}

TEST_F(ListingStoreTest, AnOldListingIsAskedForAgain) {
  without_ttl();
  start();
  EXPECT_EQ(listed(), 1U);
  publish({kFace, kBack});
  EXPECT_EQ(listed(), 2U);
  publish({kBack});
  EXPECT_EQ(listed(), 1U);
  EXPECT_EQ(catalog_->find(id_of(kFace)), nullptr);
  EXPECT_FALSE(listings_->is_fresh(key_));
}

TEST_F(ListingStoreTest, SurvivesARestart) {
  start();
  const ListingRef before = *list(key_);
  restart();
  EXPECT_TRUE(listings_->is_fresh(key_));
  EXPECT_EQ(**list(key_), *before);
  EXPECT_EQ(catalog_->find(id_of(kFace))->size, 1000U);
  EXPECT_EQ(server_.total_requests(), 1U);
}

TEST_F(ListingStoreTest, AnUnreachableOriginLeavesTheKnownListing) {
  without_ttl();
  start();
  EXPECT_EQ(listed(), 1U);
  server_.set_rules("* * status 503");
  EXPECT_EQ(listed(), 1U);
  const auto asked = server_.total_requests();
  EXPECT_EQ(listed(), 1U);
  EXPECT_EQ(server_.total_requests(), asked) << "it is not asked each time while it fails";
}

TEST_F(ListingStoreTest, AnOriginThatHangsIsNotWaitedForWhereAListingIsKnown) {
  without_ttl();
  listing_options_.patience = Duration(10);
  start();
  EXPECT_EQ(listed(), 1U);
  server_.set_rules("* * hang");
  EXPECT_EQ(listed(), 1U);
  EXPECT_EQ(listed(), 1U);
  EXPECT_EQ(server_.requests_for(kPath), 2U);
}

TEST_F(ListingStoreTest, AnswersThatAreNoListingsAreErrorsAndTheKnownOneStays) {
  without_ttl();
  start();
  EXPECT_EQ(listed(), 1U);
  server_.put_document(kPath, "application/json", "<html>");
  EXPECT_EQ(list(key_).error().code, Errc::protocol);
  EXPECT_NE(catalog_->find_listing(key_), nullptr);
  EXPECT_NE(catalog_->find(id_of(kFace)), nullptr);
}

TEST_F(ListingStoreTest, ASessionThatIsGoneIsForgotten) {
  without_ttl();
  start();
  EXPECT_EQ(listed(), 1U);
  server_.remove(kSession);
  EXPECT_EQ(list(key_).error().code, Errc::not_found);
  EXPECT_EQ(catalog_->find_listing(key_), nullptr);
  const auto asked = server_.total_requests();
  EXPECT_EQ(list(key_).error().code, Errc::not_found);
  EXPECT_EQ(server_.total_requests(), asked);
}

TEST_F(ListingStoreTest, ASessionThatIsGoneTakesItsAttemptsAlong) {
  without_ttl();
  start();
  EXPECT_EQ(listed(), 1U);
  const ListingKey attempts{ListingKind::session_attempts, id_of(kSession)};
  ASSERT_TRUE(list(attempts).ok());
  std::vector<ListingKey> changed;
  listings_->on_change([&](const ListingKey& key) { changed.push_back(key); });
  server_.remove(kSession);
  EXPECT_FALSE(list(key_).ok());
  EXPECT_EQ(catalog_->find_listing(attempts), nullptr);
  EXPECT_THAT(changed, testing::UnorderedElementsAre(key_, attempts));
}

TEST_F(ListingStoreTest, WhoWantsNoOlderOneGetsTheFailure) {
  without_ttl();
  start();
  EXPECT_EQ(listed(), 1U);
  server_.set_rules("* * status 503");
  older_ = ListingStore::Older::refused;
  EXPECT_EQ(list(key_).error().code, Errc::unavailable);
  older_ = ListingStore::Older::shown;
  EXPECT_EQ(listed(), 1U);
}

TEST_F(ListingStoreTest, WhoWantsNoOlderOneIsNotGivenOneForWantOfPatience) {
  without_ttl();
  listing_options_.patience = Duration(10);
  start();
  EXPECT_EQ(listed(), 1U);
  server_.set_rules("* * hang");
  older_ = ListingStore::Older::refused;
  auto waiting = list_later(key_);
  ASSERT_TRUE(server_.wait_for_requests(kSession, 2));
  older_ = ListingStore::Older::shown;
  EXPECT_EQ(listed(), 1U);
  EXPECT_EQ(waiting.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  publish({kFace, kBack});
  server_.set_rules("");
  server_.release();
  const auto listing = wait(waiting);
  ASSERT_TRUE(listing.ok()) << listing.error().context;
}

TEST_F(ListingStoreTest, ARefreshBringsTheNewOneThoughNobodyWaits) {
  without_ttl();
  start();
  EXPECT_EQ(listed(), 1U);
  publish({kFace, kBack});
  std::promise<std::size_t> changed;
  listings_->on_change(
      [&](const ListingKey& key) { changed.set_value(catalog_->find_listing(key)->media.size()); });
  listings_->refresh(key_);
  EXPECT_EQ(wait(changed.get_future()), 2U);
  EXPECT_EQ(server_.requests_for(kPath), 2U);
}

TEST_F(ListingStoreTest, AFreshListingIsNotRefreshed) {
  start();
  EXPECT_EQ(listed(), 1U);
  listings_->refresh(key_);
  ASSERT_TRUE(find(kBack).ok()) << "what is asked for later has come";
  EXPECT_EQ(server_.requests_for(kPath), 1U);
}

TEST_F(ListingStoreTest, WhoStopsWaitingIsLetGo) {
  server_.set_rules("* * hang");
  start();
  std::stop_source stop;
  auto waiting = list_later(key_, stop.get_token());
  ASSERT_TRUE(server_.wait_for_requests(kSession, 1));
  stop.request_stop();
  EXPECT_EQ(wait(waiting).error().code, Errc::cancelled);
}

TEST_F(ListingStoreTest, StoppingAnswersEverybody) {
  server_.set_rules("* * hang");
  start();
  auto waiting = list_later(key_);
  ASSERT_TRUE(server_.wait_for_requests(kSession, 1));
  listings_->stop();
  EXPECT_EQ(wait(waiting).error().code, Errc::cancelled);
  EXPECT_EQ(list(key_).error().code, Errc::cancelled);
}

TEST_F(ListingStoreTest, AProvisionalItemIsConfirmedByTheMediaItself) {
  publish({kFace}, 5);
  start();
  ASSERT_EQ(listed(), 1U);
  EXPECT_EQ((*find(kFace))->size, 5U);
  EXPECT_EQ(server_.requests_for(kFace), 0U);
  std::promise<Result<MediaItemRef>> confirmed;
  store_->confirm(id_of(kFace), [&](Result<MediaItemRef> item) { confirmed.set_value(std::move(item)); });
  const auto item = wait(confirmed.get_future());
  ASSERT_TRUE(item.ok());
  EXPECT_EQ((*item)->size, 1000U);
  EXPECT_FALSE((*item)->from_listing_only());
  expect_exact(kFace, *item, {0, 1000});
  EXPECT_EQ(server_.requests_for(kFace), 1U);
}

TEST_F(ListingStoreTest, ProvisionalMediaAreFetchedAhead) {
  publish({kFace, kBack});
  start();
  ASSERT_EQ(listed(), 2U);
  store_->fetch_ahead({id_of(kFace), id_of(kBack)});
  EXPECT_TRUE(server_.wait_for_requests(kFace, 1));
  EXPECT_TRUE(server_.wait_for_requests(kBack, 1));
}

TEST_F(ListingStoreTest, TellsHowMuchOfAMediaIsKept) {
  start();
  ASSERT_EQ(listed(), 1U);
  EXPECT_EQ(store_->percent_kept(*catalog_->find(id_of(kFace))), 0U);
  const auto item = find("gen-000000300000-three001");
  ASSERT_TRUE(item.ok());
  expect_exact("gen-000000300000-three001", *item, {0, 300000});
  cache_.settle();
  EXPECT_EQ(store_->percent_kept(**find("gen-000000300000-three001")), 100U);
  EXPECT_EQ(store_->percent_kept({.id = id_of(kBack), .revision = Revision{1}, .size = 7}), 0U);
}

}  // namespace
}  // namespace mediafs
