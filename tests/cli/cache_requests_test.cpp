#include "cli/cache_requests.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

using Action = CacheRequest::Action;

constexpr const char* kId = "0f8fad5b-d9cb-469f-a165-70867728950e";

std::vector<MediaId> ids(int count) {
  return std::vector<MediaId>(static_cast<std::size_t>(count), *MediaId::parse(kId));
}

TEST(CacheRequests, ComeBackAsTheyWereSent) {
  for (const CacheRequest& request :
       {CacheRequest{.action = Action::stats}, CacheRequest{.action = Action::verify},
        CacheRequest{.action = Action::verify, .bytes_per_second = 1'000'000},
        CacheRequest{.action = Action::erase, .media = ids(2), .sessions = ids(1)},
        CacheRequest{.action = Action::erase, .media = ids(100'000)}, CacheRequest{.action = Action::clear},
        CacheRequest{.action = Action::give_way}}) {
    const auto decoded = decode(encode(request));
    ASSERT_TRUE(decoded) << decoded.error().context;
    EXPECT_EQ(decoded->action, request.action);
    EXPECT_EQ(decoded->media, request.media);
    EXPECT_EQ(decoded->sessions, request.sessions);
    EXPECT_EQ(decoded->bytes_per_second, request.bytes_per_second);
  }
}

TEST(CacheRequests, AreNoOthers) {
  const std::string id = kId;
  for (const ControlRequest& request : {
           ControlRequest{.method = "GET", .path = "/cach"},
           ControlRequest{.method = "GET", .path = "/cache/"},
           ControlRequest{.method = "POST", .path = "/cache/erase", .body = "media"},
           ControlRequest{.method = "POST", .path = "/cache/erase", .body = "[]"},
           ControlRequest{.method = "POST", .path = "/cache/erase", .body = R"({"media": ")" + id + R"("})"},
           ControlRequest{.method = "POST", .path = "/cache/erase", .body = R"({"media": [1]})"},
           ControlRequest{
               .method = "POST", .path = "/cache/erase", .body = R"({"sessions": ["..", ")" + id + "\"]}"},
           ControlRequest{.method = "POST", .path = "/cache/erase", .body = R"({"media": null})"},
           ControlRequest{.method = "POST", .path = "/cache/verify", .body = R"({"bytes_per_second": -1})"},
           ControlRequest{.method = "POST", .path = "/cache/verify", .body = R"({"bytes_per_second": "1"})"},
           ControlRequest{.method = "POST", .path = "/cache/verify", .body = R"({"rate": 1})"},
           ControlRequest{.method = "POST", .path = "/cache/clear", .body = R"({"media": [")" + id + "\"]}"},
           ControlRequest{.method = "POST", .path = "/cache/clear", .body = std::string(100'000, '[')},
       }) {
    const auto decoded = decode(request);
    EXPECT_FALSE(decoded) << request.path << " " << request.body.substr(0, 80);
  }
}

/// An erasure of nothing by mistake would be told as done.
TEST(CacheRequests, AnErasureNamesWhatIsToGo) {
  for (const char* body :
       {"", "{}", R"({"media": []})", R"({"medias": ["0f8fad5b-d9cb-469f-a165-70867728950e"]})"})
    EXPECT_FALSE(decode({.method = "POST", .path = "/cache/erase", .body = body})) << body;
}

}  // namespace
}  // namespace mediafs
