#include "supervisor/upgrade_socket.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>

#include <gtest/gtest.h>

#include "mediafs/supervisor/upgrade.h"

namespace mediafs {
namespace {

constexpr uid_t kNobody = 65534;

/// No mount has it: each process has its own.
std::string device_of_this_test() {
  return "test:" + std::to_string(::getpid());
}

/// Until somebody asks.
void wait_for_a_request(UpgradeSocket& socket) {
  pollfd waiting{socket.descriptor(), POLLIN, 0};
  do {
    ::poll(&waiting, 1, -1);
  } while (!socket.take_requests());
}

TEST(UpgradeSocketTest, WhoAsksGetsTheOutcome) {
  UpgradeSocket socket;
  ASSERT_TRUE(socket.listen(device_of_this_test()));
  for (const Result<Duration>& outcome :
       {Result<Duration>(Duration(7)), Result<Duration>(Error{Errc::internal, "not now"})}) {
    auto asked =
        std::async(std::launch::async, [] { return upgrade_server(device_of_this_test(), std::nullopt); });
    wait_for_a_request(socket);
    socket.answer(outcome);
    const auto answer = asked.get();
    ASSERT_EQ(answer.ok(), outcome.ok());
    EXPECT_EQ(answer ? *answer : Duration(-1), outcome ? *outcome : Duration(-1));
    EXPECT_EQ(answer ? "" : answer.error().context, outcome ? "" : outcome.error().context);
  }
}

TEST(UpgradeSocketTest, NobodyWaitsForEverForOneThatDoesNotAnswer) {
  UpgradeSocket socket;
  ASSERT_TRUE(socket.listen(device_of_this_test()));
  const auto answer = upgrade_server(device_of_this_test(), std::nullopt, Duration(20));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(to_string(answer.error().code), to_string(Errc::timed_out)) << answer.error().context;
}

TEST(UpgradeSocketTest, WhereNobodyListensNoneAnswers) {
  const auto answer = upgrade_server(device_of_this_test(), std::nullopt);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(to_string(answer.error().code), to_string(Errc::not_found));
}

/// Another user's process that has taken the name, and would say that all is well.
class Squatter {
 public:
  Squatter() {
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0) return;
    child_ = ::fork();
    if (child_ == 0) {
      const bool listens = ::setuid(kNobody) == 0 && socket_.listen(device_of_parent());
      static_cast<void>(::write(ends[1], listens ? "1" : "0", 1));
      if (!listens) ::_exit(1);
      for (;;) {
        wait_for_a_request(socket_);
        socket_.answer(Duration(0));
      }
    }
    char said = '0';
    listens_ = ::read(ends[0], &said, 1) == 1 && said == '1';
    ::close(ends[0]);
    ::close(ends[1]);
  }
  ~Squatter() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  Squatter(const Squatter&) = delete;
  Squatter& operator=(const Squatter&) = delete;

  [[nodiscard]] bool listens() const { return listens_; }

 private:
  static std::string device_of_parent() { return "test:" + std::to_string(::getppid()); }

  UpgradeSocket socket_;
  pid_t child_ = -1;
  bool listens_ = false;
};

TEST(UpgradeSocketTest, AnotherUsersSocketOfThatNameIsNotBelieved) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be two users";
  const Squatter squatter;
  ASSERT_TRUE(squatter.listens());
  for (const std::optional<uid_t> owner :
       {std::optional<uid_t>(), std::optional<uid_t>(0), std::optional<uid_t>(1234)}) {
    const auto answer = upgrade_server(device_of_this_test(), owner);
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().context, "somebody else answers for this mount");
  }
}

TEST(UpgradeSocketTest, RootBelievesWhoeverHasMountedIt) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be two users";
  const Squatter owner;
  ASSERT_TRUE(owner.listens());
  EXPECT_TRUE(upgrade_server(device_of_this_test(), kNobody).ok());
}

}  // namespace
}  // namespace mediafs
