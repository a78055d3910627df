#include "mediafs/http/http_client.h"

#include <atomic>
#include <future>
#include <optional>

#include <gtest/gtest.h>

#include "sandbox/server.h"
#include "sandbox/signature.h"

namespace mediafs {
namespace {

constexpr std::string_view kId = "tiny-media-000000001";

/// Keeps everything and can pause before its n-th piece.
class KeepingSink : public ResponseSink {
 public:
  Flow on_head(const ResponseHead& head) override {
    status = head.status;
    return refuse_head ? Flow::stop : Flow::go_on;
  }
  Flow on_body(ByteView piece) override {
    if (pause_once.exchange(false)) {
      paused.set_value();
      return Flow::pause;
    }
    body += text_of(piece);
    return Flow::go_on;
  }
  void on_end(Status outcome) override { ended.set_value(std::move(outcome)); }

  int status = 0;
  std::string body;
  bool refuse_head = false;
  std::atomic<bool> pause_once = false;
  std::promise<void> paused;
  std::promise<Status> ended;
};

class HttpClientTest : public testing::Test {
 protected:
  HttpClientTest() { server_.put_media(std::string(kId), "image/png", bytes_); }

  HttpRequest request() const {
    HttpRequest request{.url = server_.url() + "/v1/media/" + std::string(kId)};
    request.headers.emplace_back("X-AUTH-CLIENT: sandbox-key");
    request.headers.emplace_back("X-HMAC-SIGNATURE: " + sandbox::signature_of("sandbox-secret", kId));
    return request;
  }
  Status get(const std::shared_ptr<KeepingSink>& sink) {
    client_.start(request(), sink);
    return sink->ended.get_future().get();
  }

  const std::string bytes_ = std::string(300'000, 'x') + "end";
  sandbox::Server server_;
  HttpClient client_{{.stall_timeout = std::chrono::seconds(1)}};
};

TEST_F(HttpClientTest, PassesHeadAndWholeBody) {
  const auto sink = std::make_shared<KeepingSink>();
  EXPECT_TRUE(get(sink).ok());
  EXPECT_EQ(sink->status, 200);
  EXPECT_EQ(sink->body, bytes_);
}

TEST_F(HttpClientTest, OneConnectionServesOneRequestAfterAnother) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(get(std::make_shared<KeepingSink>()).ok());
  const auto requests = server_.requests();
  EXPECT_EQ(requests.front().connection, requests.back().connection);
}

TEST_F(HttpClientTest, APausedPieceComesAgainAfterResume) {
  const auto sink = std::make_shared<KeepingSink>();
  sink->pause_once = true;
  const TransferId id = client_.start(request(), sink);
  sink->paused.get_future().wait();
  client_.resume(id);
  EXPECT_TRUE(sink->ended.get_future().get().ok());
  EXPECT_EQ(sink->body, bytes_);
}

TEST_F(HttpClientTest, ACancelledTransferEndsOnce) {
  server_.set_rules("* * hang");
  const auto sink = std::make_shared<KeepingSink>();
  const TransferId id = client_.start(request(), sink);
  ASSERT_TRUE(server_.wait_for_requests(std::string(kId), 1));
  client_.cancel(id);
  const Status outcome = sink->ended.get_future().get();
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code, Errc::cancelled);
  client_.cancel(id);
}

TEST_F(HttpClientTest, StoppingEndsWhatIsUnderWayAndWhatComesLater) {
  server_.set_rules("* * hang");
  const auto under_way = std::make_shared<KeepingSink>();
  client_.start(request(), under_way);
  client_.stop();
  EXPECT_EQ(under_way->ended.get_future().get().error().code, Errc::cancelled);
  const auto later = std::make_shared<KeepingSink>();
  client_.start(request(), later);
  EXPECT_EQ(later->ended.get_future().get().error().code, Errc::cancelled);
}

TEST_F(HttpClientTest, RedirectsAreNotFollowed) {
  server_.set_rules("* * redirect 302 " + server_.url() + "/never-fetch/other-media-00000001");
  const auto sink = std::make_shared<KeepingSink>();
  EXPECT_TRUE(get(sink).ok());
  EXPECT_EQ(sink->status, 302);
  EXPECT_EQ(server_.total_requests(), 1U);
}

std::string endless_trailers() {
  std::string lines;
  for (int i = 0; i < 10'000; ++i) lines += "X: y\\r\\n";
  return lines;
}

TEST_F(HttpClientTest, BrokenTransfersAreFailures) {
  struct Row {
    std::string rule;
    Errc code;
  };
  for (const Row& row :
       {Row{"cut 1000", Errc::unavailable}, Row{"cut-chunked 1000", Errc::unavailable},
        Row{"reset 1000", Errc::unavailable}, Row{"drop", Errc::unavailable},
        Row{"stall 1000", Errc::timed_out}, Row{"two-lengths 10", Errc::protocol},
        Row{"length-and-chunked", Errc::protocol}, Row{"gzip", Errc::protocol},
        Row{"garbage-status", Errc::protocol}, Row{"huge-header 1M", Errc::protocol},
        Row{"many-headers 1000", Errc::protocol},
        Row{R"(raw HTTP/1.1 200 OK\r\n  \r\nContent-Length: 3\r\n\r\nabc)", Errc::protocol},
        Row{R"(raw HTTP/1.1 200 OK\r\nX: a\rContent-Length: 3\r\n\r\nabc)", Errc::protocol},
        Row{R"(raw HTTP/1.1 200 OK\r\n\rX: a\r\nContent-Length: 3\r\n\r\nabc)", Errc::protocol},
        Row{R"(raw HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 3\r\n\r\nabc)", Errc::protocol},
        Row{R"(raw HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n)", Errc::protocol},
        Row{R"(raw HTTP/1.1 101 Go\r\nUpgrade: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n)", Errc::protocol},
        Row{"content-type multipart/byteranges", Errc::protocol},
        Row{"raw HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n" + endless_trailers(),
            Errc::protocol}}) {
    server_.set_rules("* * " + row.rule);
    const Status outcome = get(std::make_shared<KeepingSink>());
    ASSERT_FALSE(outcome.ok()) << row.rule;
    EXPECT_EQ(to_string(outcome.error().code), to_string(row.code))
        << row.rule << ": " << outcome.error().context;
  }
}

/// Whatever way leads there, the numbers are seen only where the connection is to be made.
TEST_F(HttpClientTest, NoConnectionIsMadeToAMetadataService) {
  for (const std::string host :
       {"169.254.169.254", "0xA9FEA9FE", "[fe80::1]", "[fd00:ec2::254]", "[::ffff:169.254.169.254]"}) {
    const std::string url = "http://" + host + "/latest/meta-data";
    const auto sink = std::make_shared<KeepingSink>();
    client_.start({.url = url}, sink);
    const Status outcome = sink->ended.get_future().get();
    ASSERT_FALSE(outcome.ok()) << url;
    EXPECT_EQ(to_string(outcome.error().code), to_string(Errc::untrusted)) << url << outcome.error().context;
    const Status reachable = check_reachable(url, "", std::chrono::seconds(5));
    ASSERT_FALSE(reachable.ok()) << url;
    EXPECT_EQ(reachable.error().context, outcome.error().context);
  }
}

TEST_F(HttpClientTest, ReachabilityNeedsNoRequest) {
  EXPECT_TRUE(check_reachable(server_.url(), "", std::chrono::seconds(5)).ok());
  const std::string url = server_.url();
  server_.stop();
  EXPECT_FALSE(check_reachable(url, "", std::chrono::seconds(5)).ok());
  EXPECT_EQ(server_.total_requests(), 0U);
}

TEST_F(HttpClientTest, ABodyThatStandsStillAfterAFastStartIsGivenUpOneThatIsPausedIsNot) {
  server_.put_media(std::string(kId), "image/png", std::string(8 << 20, 'x'));
  const auto paused = std::make_shared<KeepingSink>();
  paused->pause_once = true;
  const TransferId id = client_.start(request(), paused);
  paused->paused.get_future().wait();
  server_.set_rules("* * stall 6000000");
  const auto stalled = std::make_shared<KeepingSink>();
  EXPECT_EQ(get(stalled).error().code, Errc::timed_out);
  EXPECT_EQ(stalled->body.size(), 6'000'000U);
  client_.resume(id);
  EXPECT_TRUE(paused->ended.get_future().get().ok());
}

}  // namespace
}  // namespace mediafs
