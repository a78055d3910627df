// What is not the media that was asked for reaches nobody.
#include "api/fetch_fixture.h"
#include "sandbox/signature.h"

namespace mediafs {
namespace {

class ForeignFetchTest : public FetchTest {
 protected:
  /// What comes in place of the media, to its first `count` requests.
  Status fetch_in_place(const std::string& type, const std::string& body, const std::string& rule) {
    server_.put_media(kId, type, body);
    server_.set_rules("* * " + rule);
    server_.reset();
    return fetch(api_);
  }
  Status fetch_listed(std::optional<std::uint64_t> listed) {
    sink_ = std::make_shared<KeepingMediaSink>();
    fetch_ = api_.fetch({.id = *MediaId::parse(kId),
                         .listed_size = listed,
                         .deadline = timer_.now() + std::chrono::seconds(20)},
                        sink_);
    fetch_->begin();
    return timer_.wait(sink_->ended.get_future());
  }
  /// After one more try; before any byte or head went on.
  void expect_refused(const Status& outcome) {
    expect_failure(outcome, Errc::protocol);
    EXPECT_EQ(server_.total_requests(), 2U);
    EXPECT_EQ(sink_->heads, 0);
    EXPECT_EQ(sink_->body, "");
  }

  ApiClient api_ = client();
  const std::string kSorry = "Service unavailable";
  const std::string kFail = R"({"status":"fail","code":"1302","message":"no"})";
};

TEST_F(ForeignFetchTest, AnUnsignedErrorPageOrTextIsAnErrorAfterOneMoreTry) {
  expect_refused(fetch_in_place("text/plain", kSorry, "no-signature"));
  expect_refused(fetch_in_place("text/html; charset=utf-8", kSorry, "no-signature"));
  expect_refused(fetch_in_place("image/jpeg", "<!doctype html><p>Sign in", "no-signature"));
  expect_refused(fetch_in_place("image/jpeg", "<!doctype html><p>Sign in", "no-signature + no-length"));
}

TEST_F(ForeignFetchTest, AnErrorFormUnderAnyTypeIsAnErrorAfterOneMoreTry) {
  for (const std::string rule : {"no-signature", "no-length", "no-signature + no-length", "delay 1ms"}) {
    expect_refused(fetch_in_place("image/jpeg", kFail, rule));
    expect_refused(fetch_in_place("application/json", kFail, rule));
    expect_refused(fetch_in_place("video/mp4", R"({"status":500,"code":1000,"error":"no"})", rule));
  }
}

TEST_F(ForeignFetchTest, AnErrorFormOfThe18xxIsDenied) {
  server_.set_rules("* * json-error 1812 + no-signature");
  expect_failure(fetch(api_), Errc::denied);
  EXPECT_EQ(server_.total_requests(), 1U);
}

TEST_F(ForeignFetchTest, AForgedErrorFormIsNoWordOfTheApis) {
  server_.set_rules("* * json-error 1812 + bad-signature");
  expect_failure(fetch(api_), Errc::protocol);
  EXPECT_EQ(server_.total_requests(), 2U);
}

TEST_F(ForeignFetchTest, TheErrorSaysWhatCameAndNothingOfIt) {
  const Status outcome = fetch_in_place("text/plain", kSorry, "no-signature");
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().context,
            "plain text in place of what was asked for (HTTP 200, type text/plain, length 19)");
  const Status other = fetch_in_place("image/jpeg", kFail, "content-type image/" + kId);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().context,
            "an error in place of what was asked for (HTTP 200, type image/(id), length 46)");
}

TEST_F(ForeignFetchTest, OtherBytesPassWhateverTypeTheyHave) {
  for (const std::string body : {R"({"nfc":"data"})", "{", " ", "<?xml?>", "\xFF\xD8\xFF"}) {
    for (const std::string rule : {"no-signature", "no-length", "no-signature + no-length", "delay 1ms"}) {
      EXPECT_TRUE(fetch_in_place("application/json", body, rule).ok()) << body << ' ' << rule;
      EXPECT_EQ(sink_->body, body) << rule;
      EXPECT_EQ(sink_->heads, 1);
      EXPECT_EQ(server_.total_requests(), 1U);
    }
  }
}

TEST_F(ForeignFetchTest, AnEmptyBodyIsRefusedWhereTheListingSaysMore) {
  for (const std::string rule :
       {"empty", "empty + no-signature", "empty + no-length", "empty + no-length + no-signature"}) {
    server_.set_rules("* * " + rule);
    server_.reset();
    expect_refused(fetch_listed(9));
  }
}

TEST_F(ForeignFetchTest, AnEmptyUnsignedBodyThatNoListingKnowsIsAskedForOnceMoreThenBelieved) {
  server_.set_rules("* * empty + no-signature");
  EXPECT_TRUE(fetch_listed(std::nullopt).ok());
  EXPECT_EQ(sink_->size, 0U);
  EXPECT_EQ(server_.total_requests(), 2U);
  server_.reset();
  EXPECT_TRUE(fetch_listed(0).ok());
  EXPECT_EQ(server_.total_requests(), 1U) << "the listing says so too";
  server_.reset();
  server_.set_rules("* * empty");
  EXPECT_TRUE(fetch_listed(std::nullopt).ok());
  EXPECT_EQ(server_.total_requests(), 1U) << "it is signed";
  server_.reset();
  server_.set_rules("* 1 empty + no-signature");
  EXPECT_TRUE(fetch_listed(std::nullopt).ok());
  EXPECT_EQ(sink_->body, "the bytes") << "it was empty by mistake";
}

TEST_F(ForeignFetchTest, APartIsJudgedLikeTheWhole) {
  server_.put_media(kId, "image/png", std::string(1000, 'x'));
  for (const std::string type : {"text/html", "text/plain"}) {
    server_.set_rules("* * no-signature + content-type " + type);
    sink_ = std::make_shared<KeepingMediaSink>();
    fetch_ = api_.fetch({.id = *MediaId::parse(kId),
                         .offset = 500,
                         .end = 600,
                         .deadline = timer_.now() + std::chrono::seconds(20)},
                        sink_);
    server_.reset();
    fetch_->begin();
    expect_refused(timer_.wait(sink_->ended.get_future()));
  }
}

TEST_F(ForeignFetchTest, AnErrorBodyIsReadUpTo64KiBAndNoFurther) {
  server_.set_rules(R"(* * raw HTTP/1.1 404 No\r\nContent-Length: 10000000\r\n\r\n)" +
                    std::string(200'000, 'x'));
  expect_failure(fetch(api_), Errc::not_found_by_gateway);
  EXPECT_EQ(server_.total_requests(), 1U);
  EXPECT_LE(server_.requests().back().sent, 80'000U);
}

TEST_F(ForeignFetchTest, NothingThatAnErrorSaysIsShownUnwashed) {
  const std::string signature = sandbox::signature_of("sandbox-secret", kId);
  server_.set_rules("* * status 400 1500 " + signature + " by sandbox-key for " + kId + ": X-HMAC-SIGNATURE");
  const Status outcome = fetch(api_);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().context, "HTTP 400, code 1500: (id) by (key) for (id): X-HMAC-SIGNATURE");
}

}  // namespace
}  // namespace mediafs
