#include "supervisor/server_process.h"

#include <fcntl.h>
#include <poll.h>

#include <csignal>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

class ServerProcessTest : public ::testing::Test {
 protected:
  static ServerProcess start(const char* program) {
    return *ServerProcess::start(UniqueFd(::open(program, O_RDONLY | O_CLOEXEC)), {program, "60"});
  }
  ServerEnd end_of(ServerProcess& server) const {
    pollfd whole{.fd = server.whole_end(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&whole, 1, 10'000), 1);
    const auto end = server.ended(now_);
    EXPECT_TRUE(end.has_value());
    return end.value_or(ServerEnd{});
  }

  SteadyTime now_{std::chrono::hours(1)};
};

TEST_F(ServerProcessTest, OneThatEndsBeforeItServesHasNotServed) {
  ServerProcess server = start("/bin/false");
  EXPECT_EQ(end_of(server), (ServerEnd{.exit_code = 1}));
  EXPECT_TRUE(server.is_reaped(now_));
}

TEST_F(ServerProcessTest, ItHasServedFromWhenItSaidSoToItsEnd) {
  ServerProcess server = start("/bin/sleep");
  EXPECT_FALSE(server.ended(now_).has_value());
  server.note_serving(now_);
  server.kill();
  now_ += std::chrono::minutes(5);
  EXPECT_EQ(end_of(server),
            (ServerEnd{.served = true, .served_for = std::chrono::minutes(5), .signal = SIGKILL}));
}

}  // namespace
}  // namespace mediafs
