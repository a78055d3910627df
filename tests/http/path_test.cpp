#include "http/path.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <vector>

#include <gtest/gtest.h>

#include "http/own_namespaces.h"
#include "http/tcp_table.h"
#include "mediafs/base/clock.h"
#include "mediafs/base/unique_fd.h"
#include "mediafs/http/http_client.h"
#include "sandbox/server.h"
#include "sandbox/signature.h"

namespace mediafs {
namespace {

using std::chrono::seconds;

TEST(Path, WhatIsNotAcknowledgedIsGivenUpAndWhatIsOnlySlowNever) {
  EXPECT_TRUE(seems_dead({.unacknowledged = true}, kAcknowledgedWithin));
  EXPECT_FALSE(seems_dead({.unacknowledged = true}, kAcknowledgedWithin - Duration(1)));
  EXPECT_FALSE(seems_dead({.unacknowledged = false}, std::chrono::hours(1)));
}

TEST(Path, AFarPeerHasTheTimeOfSomeRoundTrips) {
  EXPECT_FALSE(seems_dead({.unacknowledged = true, .round_trip = seconds(1)}, seconds(3)));
  EXPECT_TRUE(seems_dead({.unacknowledged = true, .round_trip = seconds(1)}, seconds(4)));
}

TEST(Path, OnlyTcpTells) {
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_FALSE(path_state(socket.get()).has_value());
}

// --- With a network of its own, in a process of its own.

class EndedSink : public ResponseSink {
 public:
  Flow on_head(const ResponseHead&) override { return Flow::go_on; }
  Flow on_body(ByteView) override { return Flow::go_on; }
  void on_end(Status outcome) override { ended.set_value(std::move(outcome)); }
  std::promise<Status> ended;
};

constexpr std::string_view kMedia = "tiny-media-000000001";
constexpr int kConnections = 100;

/// Has the kernel lose every packet of the connections that are there now, in both directions.
void cut_all_connections_to(std::uint16_t port) {
  const std::string clients = client_ports_to(port);
  const std::string rules =
      "table inet cut {\n chain out {\n type filter hook input priority 0;\n tcp dport " + clients +
      " drop\n tcp sport " + clients + " drop\n }\n}\n";
  ASSERT_EQ(std::system(("nft '" + rules + "'").c_str()), 0);
}

class PooledConnections {
 public:
  PooledConnections() { server_.put_media(std::string(kMedia), "image/png", "bytes"); }

  /// All at once, and each over a connection of its own.
  void fill_the_pool() {
    server_.set_rules("* * hang");
    auto ends = ask(kConnections);
    ASSERT_TRUE(server_.wait_for_requests(std::string(kMedia), kConnections));
    server_.set_rules("");
    server_.release();
    expect_all(ends);
  }
  std::vector<std::future<Status>> ask(int count) {
    std::vector<std::future<Status>> ends;
    for (int i = 0; i < count; ++i) {
      HttpRequest request{.url = server_.url() + "/v1/media/" + std::string(kMedia)};
      request.headers.emplace_back("X-AUTH-CLIENT: sandbox-key");
      request.headers.emplace_back("X-HMAC-SIGNATURE: " + sandbox::signature_of("sandbox-secret", kMedia));
      const auto sink = std::make_shared<EndedSink>();
      ends.push_back(sink->ended.get_future());
      client_.start(std::move(request), sink);
    }
    return ends;
  }
  static void expect_all(std::vector<std::future<Status>>& ends) {
    for (auto& end : ends) {
      ASSERT_EQ(end.wait_for(seconds(60)), std::future_status::ready) << "as long as TCP tries";
      EXPECT_TRUE(end.get().ok());
    }
  }

  sandbox::Server server_;

 private:
  HttpClient client_{{.idle_connections = kConnections}};
};

/// A NAT or load balancer has forgotten them.
void all_pooled_connections_die() {
  enter_own_network();
  PooledConnections pool;
  pool.fill_the_pool();
  cut_all_connections_to(pool.server_.port());
  auto ends = pool.ask(kConnections);
  PooledConnections::expect_all(ends);
  EXPECT_EQ(pool.server_.total_requests(), 2U * kConnections) << "each came once";
}

void one_finds_out_for_all() {
  enter_own_network();
  PooledConnections pool;
  pool.fill_the_pool();
  cut_all_connections_to(pool.server_.port());
  auto first = pool.ask(1);
  PooledConnections::expect_all(first);
  const SteadyTime began = steady_now();
  for (int i = 0; i < 20; ++i) {
    auto next = pool.ask(1);
    PooledConnections::expect_all(next);
  }
  EXPECT_LT(steady_now() - began, 20 * kAcknowledgedWithin) << "each would have waited for it";
}

void a_slow_origin_is_asked_once() {
  enter_own_network();
  PooledConnections pool;
  pool.fill_the_pool();
  pool.server_.set_rules("* * delay 1500ms");
  auto ends = pool.ask(kConnections);
  PooledConnections::expect_all(ends);
  EXPECT_EQ(pool.server_.total_requests(), 2U * kConnections);
  EXPECT_LE(pool.server_.requests().back().connection, static_cast<std::uint64_t>(kConnections));
}

TEST(OwnNetwork, ARequestOverAConnectionWhosePathHasDiedIsSentAnewOnAFreshOne) {
  run_apart(&all_pooled_connections_die);
}

TEST(OwnNetwork, ThoseIdleAsLongGoWithTheOneWhosePathHasDied) {
  run_apart(&one_finds_out_for_all);
}

TEST(OwnNetwork, WhatIsAcknowledgedIsOnlySlowAndNeverSentTwice) {
  run_apart(&a_slow_origin_is_asked_once);
}

}  // namespace
}  // namespace mediafs
