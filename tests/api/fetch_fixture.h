// Fetches from the stand-in API, whose answers a test gives by rules.
#pragma once

#include <future>

#include <gtest/gtest.h>

#include "mediafs/api/api_client.h"
#include "support/simulated_http.h"

namespace mediafs {

inline const std::string kId = "tiny-media-000000001";

class KeepingMediaSink : public MediaSink {
 public:
  Flow on_head(const MediaHead& head) override {
    ++heads;
    size = head.size;
    return Flow::go_on;
  }
  Flow on_body(ByteView piece) override {
    body += text_of(piece);
    return Flow::go_on;
  }
  void on_end(Status outcome) override { ended.set_value(std::move(outcome)); }

  int heads = 0;
  std::optional<std::uint64_t> size;
  std::string body;
  std::promise<Status> ended;
};

class FetchTest : public testing::Test {
 protected:
  FetchTest() { server_.put_media(kId, "image/png", "the bytes"); }

  ApiClient client(std::vector<std::string> secrets = {"sandbox-secret"}, bool require_signature = false) {
    Credentials credentials{SecretString("sandbox-key"), {}};
    for (const std::string& secret : secrets) credentials.shared_secrets.emplace_back(secret);
    return ApiClient({.base = *BaseUrl::parse(SimulatedHttp::url(), false),
                      .credentials = credentials,
                      .require_signature = require_signature},
                     server_, timer_);
  }
  struct How {
    bool require_signature = false;
    bool verify_signatures = true;
  };
  std::unique_ptr<ApiClient> make_client(How how) {
    return std::make_unique<ApiClient>(
        ApiClient::Options{.base = *BaseUrl::parse(SimulatedHttp::url(), false),
                           .credentials = {SecretString("sandbox-key"), {SecretString("sandbox-secret")}},
                           .require_signature = how.require_signature,
                           .verify_signatures = how.verify_signatures},
        server_, timer_);
  }
  Status fetch(ApiClient& api, Duration deadline = std::chrono::seconds(20)) {
    sink_ = std::make_shared<KeepingMediaSink>();
    fetch_ = api.fetch({.id = *MediaId::parse(kId), .deadline = timer_.now() + deadline}, sink_);
    fetch_->begin();
    return timer_.wait(sink_->ended.get_future());
  }
  void expect_failure(const Status& outcome, Errc code) {
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(to_string(outcome.error().code), to_string(code)) << outcome.error().context;
  }

  ManualTimer timer_;
  SimulatedHttp server_{timer_};
  std::shared_ptr<KeepingMediaSink> sink_;
  std::shared_ptr<Fetch> fetch_;
};

}  // namespace mediafs
