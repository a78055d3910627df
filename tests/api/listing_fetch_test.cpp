#include <future>

#include <gtest/gtest.h>

#include "mediafs/api/api_client.h"
#include "support/simulated_http.h"

namespace mediafs {
namespace {

class ListingFetchTest : public testing::Test {
 protected:
  static inline const std::string kSession = "5e551011-0000-4000-8000-000000000001";
  static inline const std::string kPath = "/v1/sessions/" + kSession + "/media";

  ListingFetchTest() {
    server_.add_manifest(R"({"sessions":[{"id":")" + kSession + R"(","attempts":[
        {"id":"a77e3b11-0000-4000-8000-000000000001","createdTime":"2024-01-12T09:12:55.040Z",
         "media":[{"id":"gen-000000001000-small001","context":"face"}]}]}]})");
  }

  Result<Listing> list(ListingKind kind = ListingKind::session_media,
                       Duration deadline = std::chrono::seconds(20), const std::string& id = kSession) {
    std::promise<Result<Listing>> listed;
    fetch_ = api_.list({kind, *MediaId::parse(id)}, Priority::listing, timer_.now() + deadline,
                       [&](Result<Listing> listing) { listed.set_value(std::move(listing)); });
    fetch_->begin();
    if (cancel_when_asked_) {
      server_.wait_for_requests(id, 1);
      fetch_->cancel();
    }
    return timer_.wait(listed.get_future());
  }
  void expect_failure(const Result<Listing>& outcome, Errc code) {
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(to_string(outcome.error().code), to_string(code)) << outcome.error().context;
  }

  ManualTimer timer_;
  SimulatedHttp server_{timer_};
  ApiClient api_{{.base = *BaseUrl::parse(SimulatedHttp::url(), false),
                  .credentials = {SecretString("sandbox-key"), {SecretString("sandbox-secret")}}},
                 server_,
                 timer_};
  std::shared_ptr<Request> fetch_;
  bool cancel_when_asked_ = false;
};

TEST_F(ListingFetchTest, OneSignedRequestForEachListing) {
  const auto media = list();
  ASSERT_TRUE(media.ok()) << media.error().context;
  EXPECT_EQ(media->media.at(0).size, 1000U);
  EXPECT_EQ(server_.requests_for(kPath), 1U);
  EXPECT_EQ(list(ListingKind::session_attempts)->attempts.at(0).created, 1'705'050'775);
  EXPECT_EQ(list(ListingKind::attempt_media, std::chrono::seconds(20), "a77e3b11-0000-4000-8000-000000000001")
                ->media.size(),
            1U);
  EXPECT_EQ(server_.total_requests(), 3U);
}

TEST_F(ListingFetchTest, AnUnknownSessionIsNotFound) {
  expect_failure(
      list(ListingKind::session_media, std::chrono::seconds(20), "00000000-0000-4000-8000-000000000001"),
      Errc::not_found);
}

TEST_F(ListingFetchTest, WhereTheApiHasNoListOfAttemptsItIsEmpty) {
  const std::string path = "/v1/sessions/" + kSession + "/attempts";
  server_.set_rules(path + " * status 404 1302 None here");
  const auto attempts = list(ListingKind::session_attempts);
  ASSERT_TRUE(attempts.ok()) << attempts.error().context;
  EXPECT_TRUE(attempts->attempts.empty());
  EXPECT_EQ(attempts->key, (ListingKey{ListingKind::session_attempts, *MediaId::parse(kSession)}));
  EXPECT_EQ(server_.requests_for(path), 1U);
}

TEST_F(ListingFetchTest, AGatewaysWordThatThereIsNoListOfAttemptsIsNone) {
  server_.set_rules("/attempts * status-plain 404");
  expect_failure(list(ListingKind::session_attempts), Errc::not_found_by_gateway);
}

TEST_F(ListingFetchTest, ADislikeOfTheIdIsNoWordOnWhatWasThere) {
  server_.set_rules("* * status 400 1002 Invalid id");
  expect_failure(list(), Errc::impossible_id);
  expect_failure(list(ListingKind::session_attempts), Errc::impossible_id);
  server_.set_rules("* * status 410 1302 Erased");
  expect_failure(list(), Errc::not_found);
}

TEST_F(ListingFetchTest, ACutBodyIsAskedForAgain) {
  server_.set_rules("* 1 cut 20");
  EXPECT_TRUE(list().ok());
  EXPECT_EQ(server_.requests_for(kPath), 2U);
}

TEST_F(ListingFetchTest, AWrongSignatureIsAskedForOnceMoreAndThenRefused) {
  server_.set_rules("* * bad-signature");
  expect_failure(list(), Errc::corrupt);
  EXPECT_EQ(server_.requests_for(kPath), 2U);
}

TEST_F(ListingFetchTest, WhatIsNoListingIsAskedForOnceMoreAndThenRefused) {
  server_.put_document(kPath, "application/json", "{\"images\": [");
  expect_failure(list(), Errc::protocol);
  EXPECT_EQ(server_.requests_for(kPath), 2U);
}

TEST_F(ListingFetchTest, AnErrorWith200KeepsItsWordsAndItsCode) {
  const auto says = [&](const std::string& body, Errc code, const std::string& words) {
    server_.put_document(kPath, "application/json", body);
    server_.reset();
    const auto outcome = list();
    expect_failure(outcome, code);
    EXPECT_EQ(outcome.error().context, words);
    EXPECT_EQ(server_.requests_for(kPath), 1U);
  };
  says(R"({"status":"fail","code":"1104","message":"no such id"})", Errc::impossible_id,
       "HTTP 200, code 1104: no such id");
  says(R"({"status":"fail","message":"not now"})", Errc::outside_api, "HTTP 200, code none: not now");
  says(R"({"status":404,"code":1802,"error":"no UUID"})", Errc::denied, "HTTP 200, code 1802: no UUID");
}

TEST_F(ListingFetchTest, FailuresBeforeTheHeadAreRetriedUntilTheDeadline) {
  server_.set_rules("* * status 500");
  const SteadyTime asked = timer_.now();
  expect_failure(list(), Errc::unavailable);
  EXPECT_GE(timer_.now() - asked, std::chrono::seconds(15));
  EXPECT_LE(timer_.now() - asked, std::chrono::seconds(20));
  server_.reset();
  server_.set_rules("* 1-8 status 500");
  EXPECT_TRUE(list().ok());
}

TEST_F(ListingFetchTest, ABodyBeyondTheCapIsRefusedOnce) {
  server_.put_document(kPath, "application/json", std::string(kMaxListingBytes + 1, ' '));
  expect_failure(list(), Errc::outside_api);
  server_.set_rules("* * no-length");
  expect_failure(list(), Errc::outside_api);
  EXPECT_EQ(server_.requests_for(kPath), 2U);
}

TEST_F(ListingFetchTest, ManyLargeOnesWaitForEachOther) {
  server_.put_document(kPath, "application/json",
                       R"({"status":"success","images":[)" + std::string(30 * 1024 * 1024, ' ') + "]}");
  std::vector<std::future<Result<Listing>>> all;
  std::vector<std::shared_ptr<Request>> fetches;
  for (int i = 0; i < 4; ++i) {
    auto promise = std::make_shared<std::promise<Result<Listing>>>();
    all.push_back(promise->get_future());
    fetches.push_back(api_.list({ListingKind::session_media, *MediaId::parse(kSession)}, Priority::listing,
                                timer_.now() + std::chrono::seconds(60), [promise](Result<Listing> listing) {
                                  promise->set_value(std::move(listing));
                                }));
    fetches.back()->begin();
  }
  int good = 0;
  for (auto& one : all) {
    const auto listing = timer_.wait(std::move(one));
    good += listing.ok() ? 1 : 0;
    EXPECT_TRUE(listing.ok() || listing.error().code == Errc::unavailable);
  }
  EXPECT_GE(good, 2);
  EXPECT_TRUE(list().ok()) << "all that was taken has been given back";
}

TEST_F(ListingFetchTest, ABodyThatStallsEndsWithTheDeadline) {
  server_.set_rules("* * stall 10 + no-length");
  expect_failure(list(ListingKind::session_media, std::chrono::milliseconds(300)), Errc::timed_out);
}

TEST_F(ListingFetchTest, CancellingEndsIt) {
  server_.set_rules("* * hang");
  cancel_when_asked_ = true;
  expect_failure(list(), Errc::cancelled);
}

}  // namespace
}  // namespace mediafs
