// An origin, or a proxy before it, that sends what nobody has asked for: no request is answered with it.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <future>
#include <memory>
#include <semaphore>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "http/own_namespaces.h"
#include "http/scripted_origin.h"
#include "http/tcp_table.h"
#include "mediafs/http/http_client.h"

namespace mediafs {
namespace {

constexpr Security kEverySecurity[] = {Security::plain, Security::tls12, Security::tls13};

struct Got {
  Status outcome = ok_status();
  std::string body;
};

class GettingSink : public ResponseSink {
 public:
  Flow on_head(const ResponseHead&) override { return Flow::go_on; }
  Flow on_body(ByteView piece) override {
    got_.body += text_of(piece);
    return Flow::go_on;
  }
  void on_end(Status outcome) override {
    got_.outcome = std::move(outcome);
    ended.set_value(got_);
  }
  std::promise<Got> ended;

 private:
  Got got_;
};

std::future<Got> get_of(HttpClient& client, const std::string& url) {
  const auto sink = std::make_shared<GettingSink>();
  client.start({.url = url}, sink);
  return sink->ended.get_future();
}

std::string with_length(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

const std::string kBody = "its bytes";
const std::string kHead = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
const std::string kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n" + kBody + "\r\n";
const std::string kLastChunk = "0\r\n\r\n";
const std::string kNoContent = "HTTP/1.1 204 No Content\r\n\r\n";
const std::string kEmpty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const std::string kForeign = with_length("somebody else's");

void write(sandbox::Stream& stream, const std::vector<std::string>& pieces) {
  for (const std::string& piece : pieces) stream.write(piece);
}

/// What comes in answer to the first request of a connection, with something left behind it: with its last
/// piece, or after it has arrived.
struct Manner {
  std::string name;
  std::vector<std::string> pieces;
  std::string later;
  std::string body = kBody;
};

std::vector<Manner> manners() {
  return {
      {"after the answer", {kHead + kBody}, kForeign},
      {"in one piece with it", {kHead + kBody + kForeign}, ""},
      {"in one piece with its body", {kHead, kBody + kForeign}, ""},
      {"in one piece with the end of its body", {kHead, kBody.substr(0, 4), kBody.substr(4) + kForeign}, ""},
      {"after a chunked answer", {kChunked + kLastChunk}, kForeign},
      {"in one piece with a chunked one", {kChunked + kLastChunk + kForeign}, ""},
      {"in one piece with the last chunk", {kChunked, kLastChunk + kForeign}, ""},
      {"after one without a body", {kNoContent}, kForeign, ""},
      {"in one piece with one without a body", {kNoContent + kForeign}, "", ""},
      {"after one of no bytes", {kEmpty}, kForeign, ""},
      {"in one piece with one of no bytes", {kEmpty + kForeign}, "", ""},
      {"the body of a 304", {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n" + kBody}, "", ""},
      {"half an answer", {kHead + kBody}, kForeign.substr(0, 30)},
      {"an interim answer", {kHead + kBody}, "HTTP/1.1 103 Early Hints\r\n\r\n"},
      {"that the time is over",
       {kHead + kBody},
       "HTTP/1.1 408 Late\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
      {"an empty line", {kHead + kBody}, "\r\n"},
  };
}

/// A connection that something was left on has nothing but a foreign answer for the next request.
void expect_own_answers(Security security, const Manner& manner) {
  SCOPED_TRACE(std::string(to_string(security)) + ", " + manner.name);
  std::counting_semaphore<> arrived(0);
  ScriptedOrigin origin(security, [&](sandbox::Stream& stream, int number) {
    write(stream, number == 0 ? manner.pieces : std::vector{kForeign});
    if (number > 0) return;
    arrived.acquire();
    stream.write(manner.later);
  });
  HttpClient client({.ca_file = origin.ca_file()});
  constexpr int kRequests = 5;
  for (int i = 0; i < kRequests; ++i) {
    const Got got = get_of(client, origin.url() + "/").get();
    EXPECT_TRUE(got.outcome.ok());
    EXPECT_EQ(got.body, manner.body);
    arrived.release();
    origin.wait_for_answers(i + 1);
  }
  EXPECT_EQ(origin.connections(), kRequests);
}

TEST(UnaskedResponse, AnswersNoRequest) {
  for (const Security security : kEverySecurity) {
    for (const Manner& manner : manners()) expect_own_answers(security, manner);
  }
}

bool is_any(const std::vector<TcpConnection>& connections, bool TcpConnection::* what) {
  return std::any_of(connections.begin(), connections.end(),
                     [=](const TcpConnection& connection) { return connection.*what; });
}

constexpr int kManyRequests = 5;

TEST(UnaskedResponse, IsReasonNotToUseAnyKeptConnectionForAWhile) {
  // Of the first libcurl sees nothing, and behind the others it throws it away.
  for (const std::vector<std::string>& first : {std::vector{kHead, kBody + kForeign},
                                                {kHead + kBody + kForeign},
                                                {kChunked + kLastChunk + kForeign}}) {
    std::atomic<int> requests = 0;
    ScriptedOrigin origin(Security::tls13, [&](sandbox::Stream& stream, int) {
      write(stream, requests++ == 0 ? first : std::vector{kHead + kBody});
    });
    HttpClient client({.ca_file = origin.ca_file()});
    for (int i = 0; i < kManyRequests; ++i)
      EXPECT_EQ(get_of(client, origin.url()).get().body, kBody) << first.back();
    EXPECT_EQ(origin.connections(), kManyRequests) << first.back();
  }
}

TEST(UnaskedResponse, IsNoneWhereThePeerClosesWithIt) {
  std::promise<void> arrived;
  std::atomic<int> requests = 0;
  ScriptedOrigin origin(Security::plain, [&](sandbox::Stream& stream, int) {
    stream.write(kHead + kBody);
    if (requests++ > 0) return;
    arrived.get_future().wait();
    stream.write(kForeign);
    stream.abort();
  });
  HttpClient client({});
  EXPECT_EQ(get_of(client, origin.url()).get().body, kBody);
  arrived.set_value();
  while (!is_any(tcp_connections_to(origin.port()), &TcpConnection::closed_by_peer))
    std::this_thread::yield();
  for (int i = 1; i < kManyRequests; ++i) EXPECT_EQ(get_of(client, origin.url()).get().body, kBody);
  EXPECT_EQ(origin.connections(), 2);
}

// --- What comes before the request has arrived: with a network of its own, in a process of its own.

void an_answer_comes_while_the_request_is_under_way() {
  enter_own_network();
  std::promise<void> under_way;
  std::atomic<int> requests = 0;
  ScriptedOrigin origin(Security::plain, [&](sandbox::Stream& stream, int) {
    stream.write(kHead + kBody);
    if (requests++ > 0) return;
    under_way.get_future().wait();
    stream.write(kForeign);
  });
  HttpClient client({});
  EXPECT_EQ(get_of(client, origin.url()).get().body, kBody);
  const std::string rules =
      "table inet lost {\n chain out {\n type filter hook output priority 0;\n tcp sport " +
      client_ports_to(origin.port()) + " drop\n }\n}\n";
  ASSERT_EQ(std::system(("nft '" + rules + "'").c_str()), 0);
  auto second = get_of(client, origin.url());
  while (!is_any(tcp_connections_to(origin.port()), &TcpConnection::unacknowledged) &&
         origin.connections() == 1)
    std::this_thread::yield();
  under_way.set_value();
  EXPECT_EQ(second.get().body, kBody);
}

TEST(OwnNetwork, AnAnswerThatComesBeforeItsRequestHasArrivedIsToNone) {
  run_apart(&an_answer_comes_while_the_request_is_under_way);
}

// --- Where nothing is wrong.

void answer_cleanly(sandbox::Stream& stream, int number) {
  static const std::vector<std::vector<std::string>> kKinds{
      {kHead + kBody},
      {kHead, kBody},
      {kChunked + kLastChunk},
      {kChunked, kLastChunk},
      {kNoContent},
      {kEmpty},
      {with_length(std::string(300'000, 'x'))},
      {"HTTP/1.1 103 Early Hints\r\n\r\n", kHead + kBody}};
  write(stream, kKinds[static_cast<std::size_t>(number) % kKinds.size()]);
}

void expect_one_connection(const ScriptedOrigin& origin, HttpClient& client, const std::string& url) {
  for (int i = 0; i < 40; ++i) EXPECT_TRUE(get_of(client, url).get().outcome.ok());
  EXPECT_EQ(origin.connections(), 1);
}

TEST(KeptConnection, ServesEveryRequestWhereNothingIsLeftOnIt) {
  for (const Security security : kEverySecurity) {
    SCOPED_TRACE(to_string(security));
    const ScriptedOrigin origin(security, &answer_cleanly);
    HttpClient client({.ca_file = origin.ca_file()});
    expect_one_connection(origin, client, origin.url() + "/");
  }
}

TEST(KeptConnection, ServesEveryRequestToAProxyToo) {
  const ScriptedOrigin proxy(Security::plain, &answer_cleanly);
  HttpClient client({.proxy = proxy.url()});
  expect_one_connection(proxy, client, "http://origin.invalid/");
}

}  // namespace
}  // namespace mediafs
