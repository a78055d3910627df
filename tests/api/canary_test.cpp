// An origin that repeats all that is secret about a request, in every field of heads and bodies.
#include <algorithm>
#include <cctype>

#include "api/fetch_fixture.h"
#include "mediafs/base/log.h"
#include "mediafs/crypto/pseudonym.h"
#include "sandbox/signature.h"

namespace mediafs {
namespace {

class CanaryTest : public FetchTest {
 protected:
  CanaryTest() { log::set_up({.level = log::Level::debug}); }
  ~CanaryTest() override { log::set_up({}); }

  static void expect_none_in(const std::string& text, const std::string& where) {
    std::string folded = text;
    std::transform(folded.begin(), folded.end(), folded.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    for (const std::string& canary :
         {sandbox::signature_of("sandbox-secret", kId), std::string("sandbox-key"),
          std::string("sandbox-secret"), kId, std::string("\x1b")}) {
      EXPECT_EQ(folded.find(canary), std::string::npos) << canary << " in " << where << ": " << text;
    }
  }

  Status list(ApiClient& api, ListingKind kind) {
    std::promise<Status> listed;
    const auto request =
        api.list({kind, *MediaId::parse(kId)}, Priority::listing, timer_.now() + std::chrono::seconds(20),
                 [&](const Result<Listing>& listing) {
                   listed.set_value(listing ? ok_status() : Status(listing.error()));
                 });
    request->begin();
    return timer_.wait(listed.get_future());
  }
};

TEST_F(CanaryTest, NothingOfItReachesAnErrorOrTheLog) {
  ApiClient api = client();
  for (const int status :
       {200, 201, 204, 206, 301, 302, 304, 400, 401, 403, 404, 408, 410, 416, 418, 429, 500, 503}) {
    for (const std::string form : {"", " old", " text"}) {
      const std::string rule = "* * echo " + std::to_string(status) + form;
      server_.set_rules(rule);
      testing::internal::CaptureStderr();
      const Status of_media = fetch(api);
      const Status of_session = list(api, ListingKind::session_media);
      const Status of_attempts = list(api, ListingKind::session_attempts);
      const std::string log = testing::internal::GetCapturedStderr();
      expect_none_in(log, "the log, " + rule);
      for (const Status& outcome : {of_media, of_session, of_attempts}) {
        ASSERT_FALSE(outcome.ok()) << rule;
        EXPECT_NE(outcome.error().context, "") << rule;
        expect_none_in(outcome.error().context, rule);
      }
      EXPECT_EQ(sink_->body, "");
      const std::string last = api.stats().last_error;
      expect_none_in(last, "the last error, " + rule);
      EXPECT_EQ(last.find(crypto::pseudonym(kId)), std::string::npos) << last;
    }
  }
}

}  // namespace
}  // namespace mediafs
