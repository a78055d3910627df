// What an origin that throttles or fails is spared, and how soon all is right when it is back.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mediafs/api/api_client.h"
#include "support/simulated_http.h"

namespace mediafs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Reads one media again and again.
class LoopingReader : public MediaSink {
 public:
  LoopingReader(ApiClient& api, ManualTimer& timer, MediaId id)
      : api_(api), timer_(timer), id_(std::move(id)) {}

  void go(const std::shared_ptr<LoopingReader>& self) {
    self_ = self;
    fetch_ = api_.fetch({.id = id_, .deadline = timer_.now() + seconds(30)}, self);
    fetch_->begin();
  }
  void stop() {
    stopped_ = true;
    if (fetch_) fetch_->cancel();
  }

  Flow on_head(const MediaHead&) override { return Flow::go_on; }
  Flow on_body(ByteView) override { return Flow::go_on; }
  void on_end(Status outcome) override {
    outcome ? ++read : ++failed;
    if (!outcome) last_failure = outcome.error().code;
    fetch_.reset();  // which has this reader as its sink
    if (stopped_) return;
    timer_.after(milliseconds(50), [weak = self_] {
      const auto self = weak.lock();
      if (self && !self->stopped_) self->go(self);
    });
  }

  int read = 0;
  int failed = 0;
  Errc last_failure{};

 private:
  ApiClient& api_;
  ManualTimer& timer_;
  const MediaId id_;
  std::weak_ptr<LoopingReader> self_;
  std::shared_ptr<Fetch> fetch_;
  bool stopped_ = false;
};

class OutageTest : public testing::Test {
 protected:
  static constexpr int kReaders = 200;

  ~OutageTest() override {
    for (const auto& reader : readers_) reader->stop();
    timer_.advance(seconds(0));
    server_.end_all();
    timer_.drop_jobs();
  }
  void start_readers(int count = kReaders) {
    for (int i = 0; i < count; ++i) {
      const std::string id = "gen-000000001000-reader" + std::to_string(1000 + i);
      readers_.push_back(std::make_shared<LoopingReader>(api_, timer_, *MediaId::parse(id)));
      readers_.back()->go(readers_.back());
    }
  }
  int all_read() {
    int sum = 0;
    for (const auto& reader : readers_) sum += reader->read;
    return sum;
  }
  int all_failed() {
    int sum = 0;
    for (const auto& reader : readers_) sum += reader->failed;
    return sum;
  }
  void expect_all_read_within(seconds time) {
    for (const auto& reader : readers_) reader->read = 0;
    timer_.advance(time);
    const int failed_before = all_failed();
    for (const auto& reader : readers_) reader->read = 0;
    timer_.advance(seconds(1));
    for (const auto& reader : readers_) EXPECT_GT(reader->read, 0);
    EXPECT_EQ(all_failed(), failed_before);
  }

  static std::vector<SecretString> secret(const std::string& text) {
    std::vector<SecretString> secrets;
    secrets.emplace_back(text);
    return secrets;
  }

  ManualTimer timer_;
  SimulatedHttp server_{timer_};
  ApiClient api_{{.base = *BaseUrl::parse(SimulatedHttp::url(), false),
                  .credentials = {SecretString("sandbox-key"), secret("sandbox-secret")}},
                 server_,
                 timer_};
  std::vector<std::shared_ptr<LoopingReader>> readers_;
};

/// Whatever is wrong with all of an origin.
class WholeOutage : public OutageTest, public testing::WithParamInterface<const char*> {
 protected:
  void begin() {
    if (std::string(GetParam()) == "refused")
      server_.go_down();
    else
      server_.set_rules(std::string("* * ") + GetParam());
  }
  void end() {
    server_.come_back();
    server_.set_rules("");
  }
};

TEST_P(WholeOutage, IsAskedAtMostTenTimesASecondAndIsRightAgainWithinTwo) {
  start_readers();
  timer_.advance(seconds(1));
  EXPECT_GT(all_read(), kReaders);
  begin();
  timer_.advance(seconds(2));
  const auto before = server_.total_requests() + server_.unanswered();
  const int read_before = all_read();
  timer_.advance(seconds(28));
  EXPECT_LE(server_.total_requests() + server_.unanswered() - before, 280U);
  EXPECT_EQ(all_read(), read_before);
  end();
  expect_all_read_within(seconds(2));
}

TEST_P(WholeOutage, IsOverWithinTwoSecondsAlsoForThreeWhoHaveWaitedForLong) {
  for (int i = 0; i < 5; ++i) {
    server_.set_rules("");
    start_readers(3);
    timer_.advance(seconds(1));
    begin();
    timer_.advance(seconds(25) + milliseconds(170 * i));
    end();
    expect_all_read_within(seconds(2));
    for (const auto& reader : readers_) reader->stop();
    timer_.advance(seconds(60));
    readers_.clear();
  }
}

/// What the origin takes is not known then.
TEST_P(WholeOutage, IsOverWithinTwoSecondsAlsoForAMountThatHasBegunInIt) {
  begin();
  start_readers();
  timer_.advance(seconds(20));
  EXPECT_EQ(all_read(), 0);
  end();
  expect_all_read_within(seconds(2));
}

INSTANTIATE_TEST_SUITE_P(OfEachKind, WholeOutage,
                         testing::Values("status 429", "status 503", "status 500", "status-plain 502", "drop",
                                         "bad-signature", "cut 100", "html", "refused"));

TEST_F(OutageTest, CredentialsThatAreNotTakenAreTriedOnceAndThenNotUntilTheyChange) {
  start_readers(50);
  timer_.advance(seconds(1));
  server_.set_secrets({"new-secret"});
  timer_.advance(seconds(2));
  const auto before = server_.total_requests();
  timer_.advance(seconds(28));
  EXPECT_LE(server_.total_requests() - before, 2U) << "a probe every 30 s";
  EXPECT_EQ(readers_.front()->last_failure, Errc::denied);
  api_.replace_secrets(secret("new-secret"));
  expect_all_read_within(seconds(2));
}

/// The probe tries each of them.
TEST_F(OutageTest, OneOfSeveralSecretsThatIsTakenAgainIsFoundOutByAProbe) {
  std::vector<SecretString> secrets = secret("sandbox-secret");
  secrets.emplace_back("second-secret");
  api_.replace_secrets(std::move(secrets));
  start_readers(50);
  timer_.advance(seconds(1));
  server_.set_secrets({"neither-of-them"});
  timer_.advance(seconds(10));
  EXPECT_EQ(readers_.front()->last_failure, Errc::denied);
  server_.set_secrets({"second-secret"});
  expect_all_read_within(seconds(31));
}

/// Those who wait for the origin do not all ask with credentials that it does not take any more.
TEST_F(OutageTest, AnOutageThatEndsWithADenialCostsAFewRequests) {
  std::vector<SecretString> secrets = secret("sandbox-secret");
  for (const char* another : {"second-secret", "third-secret"}) secrets.emplace_back(another);
  api_.replace_secrets(std::move(secrets));
  start_readers();
  timer_.advance(seconds(1));
  server_.set_rules("* * drop");
  timer_.advance(seconds(6));
  const auto before = server_.total_requests() + server_.unanswered();
  server_.set_rules("");
  server_.set_secrets({"none-of-them"});
  timer_.advance(seconds(10));
  EXPECT_LE(server_.total_requests() + server_.unanswered() - before, 10U);
  EXPECT_EQ(readers_.front()->last_failure, Errc::denied);
}

TEST_F(OutageTest, CredentialsThatAreTakenAgainAreFoundOutByAProbe) {
  start_readers(50);
  server_.set_rules("* * status 401 1102 Inactive");
  timer_.advance(seconds(10));
  server_.set_rules("");
  expect_all_read_within(seconds(31));
}

/// Also where nothing else is asked for.
TEST_F(OutageTest, WhatWasForbiddenIsFoundOutToBeAllowedAgain) {
  start_readers(3);
  server_.set_rules("* * status-plain 403");
  timer_.advance(seconds(10));
  EXPECT_EQ(readers_.front()->last_failure, Errc::denied);
  server_.set_rules("");
  expect_all_read_within(seconds(31));
}

TEST_F(OutageTest, AnIdThatIsForbiddenClosesNothingForOthers) {
  start_readers(20);
  server_.set_rules(
      "gen-000000001000-reader1000 * status 403\ngen-000000001000-reader1001 * status-plain 403");
  timer_.advance(seconds(10));
  EXPECT_EQ(readers_[0]->last_failure, Errc::denied);
  for (std::size_t i = 2; i < readers_.size(); ++i) {
    EXPECT_EQ(readers_[i]->failed, 0);
    EXPECT_GT(readers_[i]->read, 100);
  }
}

TEST_F(OutageTest, AnIdThatFailsClosesNothingForOthers) {
  start_readers(20);
  server_.set_rules("gen-000000001000-reader1000 * status 500");
  timer_.advance(seconds(60));
  EXPECT_EQ(readers_[0]->last_failure, Errc::unavailable);
  EXPECT_EQ(readers_[0]->read, 0);
  for (std::size_t i = 1; i < readers_.size(); ++i) {
    EXPECT_EQ(readers_[i]->failed, 0);
    EXPECT_GT(readers_[i]->read, 600);
  }
}

TEST_F(OutageTest, ATenthOfFailuresCostsNoReadAndFewRequests) {
  server_.set_rules("* 10% status 503");
  start_readers(20);
  timer_.advance(seconds(60));
  EXPECT_EQ(all_failed(), 0);
  EXPECT_GT(all_read(), 10'000);
  EXPECT_LE(server_.total_requests(), 1.2 * all_read());
}

TEST_F(OutageTest, MixedFaultsOfThirtyPercentAreSurvived) {
  server_.set_rules(
      "* 8% status 503\n* 6% status 500\n* 6% drop\n* 5% status 429\n* 3% status-plain 520\n* 2% status 408");
  start_readers(50);
  timer_.advance(seconds(60));
  EXPECT_GT(all_read(), 5'000);
  EXPECT_EQ(all_failed(), 0);
}

TEST_F(OutageTest, ALimitIsFoundAndNobodyFails) {
  for (const double limit : {10.0, 2.0}) {
    server_.limit_rate(limit);
    server_.reset();
    start_readers(4);
    timer_.advance(seconds(60));
    EXPECT_EQ(all_failed(), 0);
    EXPECT_GE(all_read(), 0.8 * 60 * limit) << limit;
    const auto sent = static_cast<double>(server_.total_requests());
    EXPECT_LE(sent - all_read(), 0.1 * sent) << limit;
    for (const auto& reader : readers_) reader->stop();
    timer_.advance(seconds(60));
    readers_.clear();
  }
}

TEST_F(OutageTest, ManyWhoAreToldWhenToComeBackDoNotComeInTheSameMoment) {
  server_.set_rules("* 1 status 429 + retry-after 5");
  start_readers();
  timer_.advance(seconds(4));
  const auto asked = server_.total_requests();
  EXPECT_LE(asked, static_cast<std::uint64_t>(kReaders));
  timer_.advance(milliseconds(1'050));
  EXPECT_LE(server_.total_requests() - asked, 40U);
  timer_.advance(seconds(20));
  for (const auto& reader : readers_) EXPECT_GT(reader->read, 0);
}

}  // namespace
}  // namespace mediafs
