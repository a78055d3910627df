// What is counted of requests and their answers.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "api/api_counters.h"
#include "api/fetch_fixture.h"

namespace mediafs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using State = ApiStats::State;
using Requests = decltype(ApiStats::requests);

class ApiStatsTest : public FetchTest {
 protected:
  static inline const std::string kSession = "5e551011-0000-4000-8000-000000000001";
  static inline const std::string kAttempt = "a77e3b11-0000-4000-8000-000000000001";

  ApiStatsTest() {
    server_.add_manifest(R"({"sessions":[{"id":")" + kSession + R"(","attempts":[{"id":")" + kAttempt +
                         R"(","media":[{"id":"gen-000000001000-small001","context":"face"}]}]}]})");
  }
  Result<Listing> list(ListingKind kind, const std::string& id) {
    std::promise<Result<Listing>> listed;
    const auto request = api_.list({kind, *MediaId::parse(id)}, Priority::listing, timer_.now() + seconds(20),
                                   [&](Result<Listing> listing) { listed.set_value(std::move(listing)); });
    request->begin();
    return timer_.wait(listed.get_future());
  }
  [[nodiscard]] std::uint64_t requests(const std::string& code) const {
    const Requests requests = api_.stats().requests;
    const auto found = requests.find({Endpoint::media, code});
    return found == requests.end() ? 0 : found->second;
  }
  [[nodiscard]] double seconds_of(Endpoint endpoint) const { return api_.stats().durations.at(endpoint).sum; }
  [[nodiscard]] std::uint64_t durations_of(Endpoint endpoint) const {
    std::uint64_t all = 0;
    const ApiStats stats = api_.stats();
    for (const std::uint64_t count : stats.durations.at(endpoint).counts) all += count;
    return all;
  }
  [[nodiscard]] UnixSeconds now() const { return timer_.clock().wall_seconds(); }

  ApiClient api_ = client();
};

TEST_F(ApiStatsTest, NothingIsCountedBeforeTheFirstRequest) {
  const ApiStats stats = api_.stats();
  EXPECT_EQ(stats.state, State::unknown);
  EXPECT_EQ(stats.since, now());
  EXPECT_FALSE(stats.last_success || stats.last_error_at || stats.rate);
  EXPECT_EQ(stats.last_error, "");
  EXPECT_TRUE(stats.requests.empty());
  EXPECT_EQ(stats.durations.size(), std::size(kAllEndpoints));
  EXPECT_EQ(stats.received_bytes + stats.verification_failures + stats.held_back, 0U);
}

TEST_F(ApiStatsTest, EachEndpointIsCountedByItself) {
  ASSERT_TRUE(fetch(api_).ok());
  ASSERT_TRUE(list(ListingKind::session_media, kSession).ok());
  ASSERT_TRUE(list(ListingKind::session_attempts, kSession).ok());
  ASSERT_TRUE(list(ListingKind::session_attempts, kSession).ok());
  ASSERT_TRUE(list(ListingKind::attempt_media, kAttempt).ok());
  EXPECT_EQ(api_.stats().requests, (Requests{{{Endpoint::media, "200"}, 1},
                                             {{Endpoint::session_media, "200"}, 1},
                                             {{Endpoint::session_attempts, "200"}, 2},
                                             {{Endpoint::attempt_media, "200"}, 1}}));
  EXPECT_EQ(durations_of(Endpoint::media), 1U);
  EXPECT_EQ(durations_of(Endpoint::session_media), 1U);
  EXPECT_EQ(durations_of(Endpoint::session_attempts), 2U);
  EXPECT_EQ(durations_of(Endpoint::attempt_media), 1U);
}

TEST(Endpoints, HaveTheirNames) {
  std::vector<std::string> names;
  for (const Endpoint endpoint : kAllEndpoints) names.emplace_back(name_of(endpoint));
  EXPECT_EQ(names, (std::vector<std::string>{"media", "session_media", "session_attempts", "attempt_media"}));
}

TEST_F(ApiStatsTest, EachTryIsCountedByWhatCameOfIt) {
  server_.set_rules("* 1-2 status 503\n* 3 drop\n* 4 status-plain 502\n* 5 garbage-status");
  ASSERT_TRUE(fetch(api_).ok());
  EXPECT_EQ(api_.stats().requests, (Requests{{{Endpoint::media, "503"}, 2},
                                             {{Endpoint::media, "broken"}, 1},
                                             {{Endpoint::media, "502"}, 1},
                                             {{Endpoint::media, "malformed"}, 1},
                                             {{Endpoint::media, "200"}, 1}}));
  EXPECT_EQ(durations_of(Endpoint::media), 6U);
}

TEST(WordFor, IsOneOfAFewForEachError) {
  std::map<std::string_view, std::vector<Errc>> errors;
  for (const Errc code : kAllErrcs) errors[word_for(code)].push_back(code);
  EXPECT_EQ(errors["timeout"], (std::vector{Errc::timed_out}));
  EXPECT_EQ(errors["unreachable"], (std::vector{Errc::unreachable}));
  EXPECT_EQ(errors["untrusted"], (std::vector{Errc::untrusted}));
  EXPECT_EQ(errors["broken"], (std::vector{Errc::unavailable}));
  EXPECT_EQ(errors["malformed"], (std::vector{Errc::protocol}));
  EXPECT_EQ(errors["cancelled"], (std::vector{Errc::cancelled}));
  EXPECT_EQ(errors.size(), 7U) << "and `other`";
}

TEST_F(ApiStatsTest, WhoHasAnAnswerWaitsForNoneAnyMore) {
  server_.set_rules("* 1 status 503");
  ASSERT_TRUE(fetch(api_).ok());
  ASSERT_TRUE(list(ListingKind::session_media, kSession).ok());
  EXPECT_EQ(api_.stats().silent_for, std::nullopt);
}

TEST_F(ApiStatsTest, WhatTheDeadlineEndsIsATimeoutAndWhatIsCalledOffIsCancelled) {
  server_.set_rules("* * hang");
  ASSERT_FALSE(fetch(api_).ok());
  EXPECT_EQ(requests("timeout"), 1U);
  EXPECT_EQ(api_.stats().silent_for, std::nullopt) << "nobody waits any more";
  EXPECT_EQ(api_.stats().last_error, "no answer within the deadline");
  const auto sink = std::make_shared<KeepingMediaSink>();
  const auto called_off =
      api_.fetch({.id = *MediaId::parse(kId), .deadline = timer_.now() + seconds(20)}, sink);
  called_off->begin();
  server_.wait_for_requests(kId, 2);
  called_off->cancel();
  EXPECT_FALSE(timer_.wait(sink->ended.get_future()).ok());
  EXPECT_EQ(requests("cancelled"), 1U);
  EXPECT_EQ(requests("timeout"), 1U);
  EXPECT_EQ(*api_.stats().last_error_at, now()) << "no time has passed";
  EXPECT_EQ(api_.stats().last_error, "no answer within the deadline") << "being called off is no error";
}

TEST_F(ApiStatsTest, AMediaLastsUntilItsHead) {
  server_.set_rules("* * delay 300ms + slow 3");
  ASSERT_TRUE(fetch(api_).ok());
  EXPECT_DOUBLE_EQ(seconds_of(Endpoint::media), 0.3);
}

TEST_F(ApiStatsTest, AListingLastsUntilItsEnd) {
  server_.set_rules("* * delay 300ms + slow 100");
  ASSERT_TRUE(list(ListingKind::session_media, kSession).ok());
  EXPECT_GT(seconds_of(Endpoint::session_media), 0.5);
}

TEST_F(ApiStatsTest, WhatIsNotAnsweredLastsUntilItIsGivenUp) {
  server_.set_rules("* * hang");
  ASSERT_FALSE(fetch(api_, seconds(7)).ok());
  EXPECT_DOUBLE_EQ(seconds_of(Endpoint::media), 7.0);
}

TEST_F(ApiStatsTest, TheWaitBetweenTwoTriesIsNoPartOfThem) {
  server_.set_rules("* 1 status 429 + retry-after 5");
  ASSERT_TRUE(fetch(api_).ok());
  EXPECT_EQ(durations_of(Endpoint::media), 2U);
  EXPECT_LT(seconds_of(Endpoint::media), 1.0);
}

TEST_F(ApiStatsTest, BytesOfAllBodiesAreCounted) {
  ASSERT_TRUE(fetch(api_).ok());
  EXPECT_EQ(api_.stats().received_bytes, 9U);
  server_.set_rules("* * status 404");
  ASSERT_FALSE(fetch(api_).ok());
  EXPECT_GT(api_.stats().received_bytes, 9U);
}

/// Takes each piece only when it comes again.
class PausingSink final : public KeepingMediaSink {
 public:
  Flow on_body(ByteView piece) override {
    if (!std::exchange(paused_, true)) return Flow::pause;
    return KeepingMediaSink::on_body(piece);
  }

 private:
  bool paused_ = false;
};

TEST_F(ApiStatsTest, APieceThatComesTwiceIsCountedOnce) {
  const auto sink = std::make_shared<PausingSink>();
  const auto paused = api_.fetch({.id = *MediaId::parse(kId), .deadline = timer_.now() + seconds(20)}, sink);
  paused->begin();
  ASSERT_TRUE(timer_.run_until([&] { return sink->heads == 1; }));
  paused->resume();
  ASSERT_TRUE(timer_.wait(sink->ended.get_future()).ok());
  EXPECT_EQ(sink->body, "the bytes");
  EXPECT_EQ(api_.stats().received_bytes, 9U);
}

TEST_F(ApiStatsTest, SignaturesThatDoNotMatchAreCounted) {
  ASSERT_TRUE(fetch(api_).ok());
  EXPECT_EQ(api_.stats().verification_failures, 0U);
  server_.set_rules("* * bad-signature");
  ASSERT_FALSE(fetch(api_).ok());
  EXPECT_EQ(api_.stats().verification_failures, 1U);
  EXPECT_EQ(api_.stats().last_error, "a body that does not match its signature");
}

TEST_F(ApiStatsTest, ThoseThatAreOnlyWarnedOfToo) {
  const auto warning = make_client({.verify_signatures = false});
  server_.set_rules("* * bad-signature");
  ASSERT_TRUE(fetch(*warning).ok());
  EXPECT_EQ(warning->stats().verification_failures, 1U);
}

TEST_F(ApiStatsTest, AndThoseOfErrors) {
  server_.set_rules("* * status 404 1302 + bad-signature");
  ASSERT_FALSE(fetch(api_).ok());
  EXPECT_EQ(api_.stats().verification_failures, 1U);
}

TEST_F(ApiStatsTest, TheLastSuccessIsTheApisLastWordToWhomItKnows) {
  ASSERT_TRUE(fetch(api_).ok());
  const UnixSeconds first = now();
  EXPECT_EQ(api_.stats().last_success, first);
  timer_.advance(seconds(100));
  for (const char* rule : {"* * status-plain 404", "* * status 403", "* * status 429 + retry-after 3600"}) {
    server_.set_rules(rule);
    ASSERT_FALSE(fetch(api_).ok());
    EXPECT_EQ(api_.stats().last_success, first) << rule;
  }
}

TEST_F(ApiStatsTest, ItsOwn404IsOneAndNoError) {
  server_.set_rules("* * status 404 1302");
  ASSERT_FALSE(fetch(api_).ok());
  EXPECT_EQ(api_.stats().last_success, now());
  EXPECT_EQ(api_.stats().last_error, "");
  EXPECT_EQ(api_.stats().state, State::up);
}

TEST_F(ApiStatsTest, TheLastErrorStaysWithItsTime) {
  server_.set_rules("* 1 status 500 1500 Sorry");
  ASSERT_TRUE(fetch(api_).ok());
  const ApiStats stats = api_.stats();
  EXPECT_NE(stats.last_error.find("Sorry"), std::string::npos) << stats.last_error;
  const UnixSeconds failed = *stats.last_error_at;
  EXPECT_NEAR(static_cast<double>(failed), static_cast<double>(now()), 1);
  timer_.advance(seconds(100));
  ASSERT_TRUE(fetch(api_).ok());
  EXPECT_EQ(api_.stats().last_error_at, failed);
}

TEST_F(ApiStatsTest, ABodyThatBreaksOffIsAnError) {
  server_.put_media(kId, "image/png", std::string(100'000, 'x'));
  server_.set_rules("* * cut 50000");
  ASSERT_FALSE(fetch(api_).ok());
  EXPECT_EQ(sink_->heads, 1);
  EXPECT_NE(api_.stats().last_error, "");
}

TEST_F(ApiStatsTest, AnAnswerThatIsNoListingIsAnError) {
  server_.put_document("/v1/sessions/" + kSession + "/media", "application/json", R"({"no":"listing"})");
  ASSERT_FALSE(list(ListingKind::session_media, kSession).ok());
  EXPECT_EQ(api_.stats().last_error, "JSON that is no listing");
}

TEST_F(ApiStatsTest, ASecretThatIsNotTakenIsNoErrorWhereTheNextOneIs) {
  ApiClient rotating = client({"retired-secret", "sandbox-secret"});
  ASSERT_TRUE(fetch(rotating).ok());
  const ApiStats stats = rotating.stats();
  EXPECT_EQ(stats.last_error, "");
  EXPECT_EQ(stats.requests, (Requests{{{Endpoint::media, "200"}, 1}, {{Endpoint::media, "401"}, 1}}));
}

TEST_F(ApiStatsTest, CredentialsThatAreNotTakenAreDenied) {
  ApiClient wrong = client({"wrong"});
  ASSERT_FALSE(fetch(wrong).ok());
  EXPECT_EQ(wrong.stats().state, State::denied);
  EXPECT_NE(wrong.stats().last_error, "");
  EXPECT_FALSE(wrong.stats().last_success.has_value());
}

TEST_F(ApiStatsTest, WhoWaitsInTheGateIsHeldBack) {
  server_.go_down();
  std::vector<std::shared_ptr<Fetch>> fetches;
  for (int i = 0; i < 5; ++i) {
    fetches.push_back(api_.fetch({.id = *MediaId::parse("waiting-media-000" + std::to_string(i)),
                                  .deadline = timer_.now() + seconds(20)},
                                 std::make_shared<KeepingMediaSink>()));
    fetches.back()->begin();
  }
  EXPECT_EQ(api_.stats().held_back, 0U);
  timer_.advance(seconds(5));
  EXPECT_EQ(api_.stats().state, State::down);
  EXPECT_GE(api_.stats().held_back, 4U) << "one may be on its way";
  EXPECT_GE(requests("unreachable"), 5U);
  EXPECT_EQ(api_.stats().last_error, "nobody listens");
  server_.come_back();
  timer_.advance(seconds(5));
  EXPECT_EQ(api_.stats().held_back, 0U);
  EXPECT_EQ(api_.stats().state, State::up);
}

TEST_F(ApiStatsTest, AThrottledApiHasARate) {
  server_.set_rules("* 1 status 429");
  ASSERT_TRUE(fetch(api_).ok());
  EXPECT_EQ(api_.stats().state, State::throttled);
  EXPECT_GE(api_.stats().rate.value_or(0), 1.0);
}

/// Whatever is wrong with all of an API, one media is asked for.
class DeadApi : public ApiStatsTest, public testing::WithParamInterface<const char*> {};

TEST_P(DeadApi, IsDownWithinTwoSecondsOfTheFirstRequestAndSaysSo) {
  for (int round = 0; round < 20; ++round) {  // pauses are by chance
    ApiClient api = client();
    std::vector<State> told;
    api.on_state_change([&told](State state) { told.push_back(state); });
    if (std::string(GetParam()) == "unreachable")
      server_.go_down();
    else
      server_.set_rules(std::string("* * ") + GetParam());
    const auto sink = std::make_shared<KeepingMediaSink>();
    const auto asked = api.fetch({.id = *MediaId::parse(kId), .deadline = timer_.now() + seconds(30)}, sink);
    asked->begin();
    timer_.advance(seconds(2));
    EXPECT_EQ(api.stats().state, State::down);
    server_.come_back();
    server_.set_rules("");
    EXPECT_TRUE(timer_.wait(sink->ended.get_future()).ok());
    EXPECT_NE(api.stats().state, State::down);
    // 503s may first be taken for throttling.
    EXPECT_EQ(std::count(told.begin(), told.end(), State::down), 1);
    EXPECT_EQ(told.back(), api.stats().state);
  }
}

INSTANTIATE_TEST_SUITE_P(OfEachKind, DeadApi,
                         testing::Values("unreachable", "status 500", "status-plain 502", "status 503",
                                         "drop"));

}  // namespace
}  // namespace mediafs
