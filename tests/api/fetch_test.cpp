#include "api/fetch_fixture.h"

namespace mediafs {
namespace {

TEST_F(FetchTest, GivesTheBytesWithOneRequest) {
  ApiClient api = client();
  EXPECT_TRUE(fetch(api).ok());
  EXPECT_EQ(sink_->body, "the bytes");
  EXPECT_EQ(sink_->size, 9U);
  EXPECT_EQ(server_.total_requests(), 1U);
}

TEST_F(FetchTest, FailuresThatMayPassAreRetriedUnseen) {
  server_.set_rules(kId + " 1 status 503\n" + kId + " 2 drop\n" + kId + " 3 status-plain 502");
  ApiClient api = client();
  EXPECT_TRUE(fetch(api).ok());
  EXPECT_EQ(sink_->heads, 1);
  EXPECT_EQ(sink_->body, "the bytes");
  EXPECT_EQ(server_.total_requests(), 4U);
}

/// Each kind of failure that may pass, under one id.
class FailureThatMayPass : public FetchTest, public testing::WithParamInterface<const char*> {};

TEST_P(FailureThatMayPass, IsRetriedUntilTheDeadlineAndEndsByNoCount) {
  server_.set_rules(std::string("* * ") + GetParam());
  ApiClient api = client();
  const SteadyTime asked = timer_.now();
  ASSERT_FALSE(fetch(api).ok());
  EXPECT_GE(timer_.now() - asked, std::chrono::seconds(14)) << "less only by a pause that did not fit";
  EXPECT_LE(timer_.now() - asked, std::chrono::seconds(20));
  EXPECT_GE(server_.total_requests(), 8U);
  EXPECT_LE(server_.total_requests(), 40U) << "with pauses that grow";
}

TEST_P(FailureThatMayPass, IsNamedWhereTheLastTryIsNotAnswered) {
  server_.set_rules(std::string("* 1 ") + GetParam() + "\n* 2+ hang");
  ApiClient api = client();
  const Status outcome = fetch(api, Duration(400));
  ASSERT_FALSE(outcome.ok());
  EXPECT_NE(outcome.error().code, Errc::timed_out);
}

TEST_P(FailureThatMayPass, IsForgottenWhenItHasPassed) {
  server_.set_rules(std::string("* 1-8 ") + GetParam());
  ApiClient api = client();
  EXPECT_TRUE(fetch(api).ok());
  EXPECT_EQ(sink_->body, "the bytes");
  EXPECT_EQ(server_.total_requests(), 9U);
}

INSTANTIATE_TEST_SUITE_P(OfEachKind, FailureThatMayPass,
                         testing::Values("status 429", "status 429 + retry-after 0",
                                         "status 429 + retry-after -5",
                                         "status 429 + retry-after Thu, 01 Jan 1970 00:00:01 GMT",
                                         "status 429 + retry-after soon", "status 500", "status-plain 502",
                                         "status 503", "status 520", "status 408", "status 425", "drop"));

TEST_F(FetchTest, FailuresOfAnotherKindAreNotCountedTogether) {
  server_.set_rules("* 1-5 status 500\n* 6 bad-signature + two-lengths 3\n* 7-9 drop");
  ApiClient api = client();
  EXPECT_TRUE(fetch(api).ok());
  EXPECT_EQ(server_.total_requests(), 10U);
}

TEST_F(FetchTest, AHeadThatTakesItsTimeCostsOneRequest) {
  ApiClient api = client();
  struct Case {
    const char* delay;
    std::chrono::seconds deadline;
  };
  for (const Case& c : {Case{"11s", std::chrono::seconds(30)}, Case{"25s", std::chrono::seconds(30)},
                        Case{"50s", std::chrono::seconds(60)}}) {
    server_.reset();
    server_.set_rules(std::string("* * delay ") + c.delay);
    EXPECT_TRUE(fetch(api, c.deadline).ok()) << c.delay;
    EXPECT_EQ(server_.total_requests(), 1U) << c.delay;
  }
}

TEST_F(FetchTest, ThrottlingThatOutlastsTheDeadlineIsSaidAtOnce) {
  server_.set_rules("* * status 429 + retry-after 3600");
  ApiClient api = client();
  expect_failure(fetch(api), Errc::throttled);
  EXPECT_EQ(server_.total_requests(), 1U);
}

TEST_F(FetchTest, AMomentBeyondAllNumbersIsLongToo) {
  server_.set_rules("* * status 429 + retry-after 99999999999999999999");
  ApiClient api = client();
  expect_failure(fetch(api), Errc::throttled);
  EXPECT_EQ(server_.total_requests(), 1U);
}

TEST_F(FetchTest, WhenToComeBackIsAWordOf429And503Alone) {
  server_.set_rules("* 1-3 status 502 + retry-after 3600");
  ApiClient api = client();
  EXPECT_TRUE(fetch(api).ok());
  EXPECT_EQ(server_.total_requests(), 4U);
}

TEST_F(FetchTest, ARefusalWhoseBodyBreaksOffIsOne) {
  for (const char* status : {"429", "503"}) {
    server_.reset();
    server_.set_rules(std::string("* 1 status ") + status + " + retry-after 5 + cut 3");
    ApiClient api = client();
    const SteadyTime asked = timer_.now();
    EXPECT_TRUE(fetch(api).ok());
    EXPECT_GE(timer_.now() - asked, std::chrono::seconds(5)) << status;
    EXPECT_EQ(server_.total_requests(), 2U);
  }
}

TEST_F(FetchTest, ThrottlingThatPassesIsWaitedFor) {
  server_.set_rules("* 1 status 429 + retry-after 0");
  ApiClient api = client();
  EXPECT_TRUE(fetch(api).ok());
  EXPECT_EQ(server_.total_requests(), 2U);
}

TEST_F(FetchTest, TheOtherActiveSecretIsTriedOnceAndRemembered) {
  ApiClient api = client({"retired-secret", "sandbox-secret"});
  EXPECT_TRUE(fetch(api).ok());
  EXPECT_EQ(server_.total_requests(), 2U);
  EXPECT_TRUE(fetch(api).ok());
  EXPECT_EQ(server_.total_requests(), 3U);
}

TEST_F(FetchTest, WrongSecretsAreDeniedWithoutARetryStorm) {
  ApiClient api = client({"wrong-1", "wrong-2"});
  expect_failure(fetch(api), Errc::denied);
  EXPECT_EQ(server_.total_requests(), 2U);
}

TEST_F(FetchTest, AnErrorInPlaceOfJsonMediaIsAnError) {
  server_.put_media(kId, "application/json", R"({"nfc":"data"})");
  ApiClient api = client();
  EXPECT_TRUE(fetch(api).ok());
  EXPECT_EQ(sink_->body, R"({"nfc":"data"})");
  server_.set_rules("* * json-error 1802");
  expect_failure(fetch(api), Errc::denied);
  EXPECT_EQ(sink_->heads, 0);
}

TEST_F(FetchTest, AWrongSignatureIsCorruption) {
  server_.set_rules("* * bad-signature");
  ApiClient api = client();
  expect_failure(fetch(api), Errc::corrupt);
}

TEST_F(FetchTest, WhereItIsOnlyToWarnAWrongSignatureIsServedAsNone) {
  const auto warning = make_client({.verify_signatures = false});
  server_.set_rules("* * bad-signature");
  testing::internal::CaptureStderr();
  EXPECT_TRUE(fetch(*warning).ok());
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("its signature does not match"), std::string::npos) << log;
  EXPECT_EQ(sink_->body, "the bytes");
  EXPECT_EQ(server_.total_requests(), 1U);
  server_.set_rules("* * upper-signature");
  testing::internal::CaptureStderr();
  EXPECT_TRUE(fetch(*warning).ok());
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  server_.set_rules("* * foreign-client");
  expect_failure(fetch(*warning), Errc::corrupt);
  server_.set_rules("* * two-signatures");
  expect_failure(fetch(*warning), Errc::corrupt);
  server_.put_media(kId, "text/plain", "Service unavailable");
  server_.set_rules("");
  expect_failure(fetch(*warning), Errc::protocol);
}

TEST_F(FetchTest, AMissingSignatureIsAcceptedUnlessRequired) {
  server_.set_rules("* * no-signature");
  ApiClient lenient = client();
  EXPECT_TRUE(fetch(lenient).ok());
  ApiClient strict = client({"sandbox-secret"}, true);
  expect_failure(fetch(strict), Errc::corrupt);
}

TEST_F(FetchTest, TheDeadlineEndsAHangingOrigin) {
  server_.set_rules("* * hang");
  ApiClient api = client();
  expect_failure(fetch(api, Duration(100)), Errc::timed_out);
}

TEST_F(FetchTest, TheDeadlineEndsABackoff) {
  server_.set_rules("* * status 503");
  ApiClient api = client();
  expect_failure(fetch(api, Duration(2'000)), Errc::unavailable);  // it did not stall, it failed
}

TEST_F(FetchTest, ACancelledFetchEndsOnce) {
  server_.set_rules("* * hang");
  ApiClient api = client();
  sink_ = std::make_shared<KeepingMediaSink>();
  fetch_ =
      api.fetch({.id = *MediaId::parse(kId), .deadline = timer_.now() + std::chrono::seconds(20)}, sink_);
  fetch_->begin();
  ASSERT_TRUE(server_.wait_for_requests(kId, 1));
  fetch_->cancel();
  expect_failure(timer_.wait(sink_->ended.get_future()), Errc::cancelled);
  fetch_->cancel();
}

TEST_F(FetchTest, TheApisWordsReachTheErrorWithoutTheId) {
  server_.set_rules("* * status 400 1101 The id " + kId + " is odd");
  ApiClient api = client();
  const Status outcome = fetch(api);
  expect_failure(outcome, Errc::invalid_argument);
  EXPECT_NE(outcome.error().context.find("1101"), std::string::npos);
  EXPECT_NE(outcome.error().context.find("is odd"), std::string::npos);
  EXPECT_EQ(outcome.error().context.find(kId), std::string::npos);
}

TEST_F(FetchTest, ReplacedSecretsCountForWhatIsUnderWayToo) {
  ApiClient api = client({"old-secret"});
  server_.set_secrets({"new-secret"});
  expect_failure(fetch(api), Errc::denied);
  sink_ = std::make_shared<KeepingMediaSink>();
  fetch_ =
      api.fetch({.id = *MediaId::parse(kId), .deadline = timer_.now() + std::chrono::seconds(20)}, sink_);
  api.replace_secrets({SecretString("old-secret"), SecretString("new-secret")});
  fetch_->begin();
  EXPECT_TRUE(timer_.wait(sink_->ended.get_future()).ok());
  EXPECT_TRUE(fetch(api).ok());
  EXPECT_TRUE(server_.requests().back().signature_ok) << "the one that works is tried first";
}

/// Whether a media is there at all.
class ExistenceTest : public FetchTest {
 protected:
  Status ask() {
    sink_ = std::make_shared<KeepingMediaSink>();
    fetch_ = api_.fetch({.id = *MediaId::parse(kId),
                         .end = 1,
                         .existence = true,
                         .deadline = timer_.now() + std::chrono::seconds(20)},
                        sink_);
    fetch_->begin();
    return timer_.wait(sink_->ended.get_future());
  }

  ApiClient api_ = client();
};

TEST_F(ExistenceTest, AsksForOneByte) {
  ASSERT_TRUE(ask().ok());
  EXPECT_EQ(sink_->body, "t");
  EXPECT_EQ(sink_->size, 9U) << "of all of it";
  EXPECT_EQ(server_.requests().front().range, "bytes=0-0");
}

TEST_F(ExistenceTest, IsAskedOnce) {
  server_.set_rules("* * status 503");
  expect_failure(ask(), Errc::unavailable);
  EXPECT_EQ(server_.total_requests(), 1U);
}

TEST_F(FetchTest, A404IsTheApisWordOnlyWhereItsBodyIsTheApis) {
  ApiClient api = client();
  for (const char* status : {"404", "410"}) {
    server_.set_rules("* * status " + std::string(status) + " 1302 Erased");
    expect_failure(fetch(api), Errc::not_found);
    server_.set_rules("* * status-plain " + std::string(status));
    expect_failure(fetch(api), Errc::not_found_by_gateway);
    EXPECT_EQ(fetch(api).error().context, "HTTP " + std::string(status) + " (is the API URL right?)");
  }
}

/// What cannot be the API's, though it has the form.
class ForgedDenial : public FetchTest, public testing::WithParamInterface<const char*> {};

TEST_P(ForgedDenial, IsAGatewaysWord) {
  server_.set_rules(std::string("* * status 404 1302 Erased + ") + GetParam());
  ApiClient api = client();
  expect_failure(fetch(api), Errc::not_found_by_gateway);
}

INSTANTIATE_TEST_SUITE_P(By, ForgedDenial,
                         testing::Values("bad-signature", "foreign-client", "two-signatures"));

TEST_F(FetchTest, AnUnsignedDenialIsAGatewaysWordWhereSignaturesAreRequired) {
  server_.set_rules("* * status 404 1302 Erased + no-signature");
  ApiClient lenient = client();
  expect_failure(fetch(lenient), Errc::not_found);
  ApiClient strict = client({"sandbox-secret"}, true);
  expect_failure(fetch(strict), Errc::not_found_by_gateway);
}

TEST_F(ExistenceTest, ADislikeOfTheIdIsNoWordOnTheMedia) {
  server_.set_rules("* * status 400 1104 Invalid id");
  expect_failure(ask(), Errc::impossible_id);
  server_.set_rules("* * status 410 1302 Erased");
  expect_failure(ask(), Errc::not_found);
}

}  // namespace
}  // namespace mediafs
