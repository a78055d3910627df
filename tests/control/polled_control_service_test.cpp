#include "mediafs/control/polled_control_service.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <future>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "mediafs/control/control_client.h"
#include "mediafs/control/sockets.h"

namespace mediafs {
namespace {

/// No other process has it.
std::string name_of_this_test() {
  return "mediafs-test/" + std::to_string(::getpid());
}

class PolledControlServiceTest : public testing::Test {
 protected:
  void start(PolledControlService::Handler handler) {
    auto listening = listen_at_abstract_name(name_of_this_test());
    ASSERT_TRUE(listening) << listening.error().context;
    auto service = PolledControlService::start(*std::move(listening), std::move(handler));
    ASSERT_TRUE(service) << service.error().context;
    service_ = *std::move(service);
  }
  /// As a process does that waits for this alone.
  template <typename Condition>
  void run_until(Condition condition) {
    while (!condition()) {
      pollfd waiting{service_->descriptor(), POLLIN, 0};
      ASSERT_GE(::poll(&waiting, 1, -1), 0);
      service_->run();
    }
  }
  static std::future<Result<ControlResponse>> asked(const std::string& path) {
    return std::async(std::launch::async, [path] {
      return call({.socket = '@' + name_of_this_test(),
                   .request = {.method = "POST", .path = path},
                   .patience = std::chrono::seconds(30)});
    });
  }

  std::unique_ptr<PolledControlService> service_;
};

bool is_there(const std::future<Result<ControlResponse>>& answer) {
  return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

TEST_F(PolledControlServiceTest, AnswersAtOnceWhatItCan) {
  int requests = 0;
  start([&](const ControlRequest& request) {
    ++requests;
    return ControlResponse{.status = 404, .body = request.method + request.path};
  });
  auto answer = asked("/one");
  run_until([&] { return requests == 1; });
  while (!is_there(answer)) service_->run();
  const auto response = answer.get();
  ASSERT_TRUE(response) << response.error().context;
  EXPECT_EQ(response->status, 404U);
  EXPECT_EQ(response->body, "POST/one");
}

TEST_F(PolledControlServiceTest, WhoWaitsIsAnsweredLater) {
  int waiting = 0;
  start([&](const ControlRequest&) -> std::optional<ControlResponse> {
    ++waiting;
    return std::nullopt;
  });
  auto one = asked("/one");
  auto other = asked("/other");
  run_until([&] { return waiting == 2; });
  EXPECT_FALSE(is_there(one) || is_there(other));
  service_->answer_waiting({.body = "so be it"});
  for (auto* const answer : {&one, &other}) {
    const auto response = answer->get();  // nothing runs the service any more
    ASSERT_TRUE(response) << response.error().context;
    EXPECT_EQ(response->body, "so be it");
  }
  EXPECT_EQ(waiting, 2);
}

TEST_F(PolledControlServiceTest, WhoWaitsIsToldThatItEnds) {
  bool is_waiting = false;
  start([&](const ControlRequest&) -> std::optional<ControlResponse> {
    is_waiting = true;
    return std::nullopt;
  });
  auto answer = asked("/");
  run_until([&] { return is_waiting; });
  service_.reset();
  const auto response = answer.get();
  ASSERT_TRUE(response) << response.error().context;
  EXPECT_EQ(response->status, 503U);
}

std::set<int> open_descriptors() {
  std::set<int> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    found.insert(std::stoi(entry.path().filename()));
  return found;
}

TEST_F(PolledControlServiceTest, AProgramThatIsStartedInheritsNoneOfItsDescriptors) {
  const std::set<int> before = open_descriptors();
  start([](const ControlRequest&) { return ControlResponse{}; });
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string name = name_of_this_test();
  name.copy(address.sun_path + 1, name.size());
  const UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address),
                      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size())),
            0);
  service_->run();
  int more = 0;
  for (const int descriptor : open_descriptors()) {
    const int flags = ::fcntl(descriptor, F_GETFD);
    if (flags < 0 || before.contains(descriptor)) continue;
    ++more;
    EXPECT_NE(flags & FD_CLOEXEC, 0) << descriptor;
  }
  EXPECT_GE(more, 3) << "that it listens by, that it waits by, and the connection";
}

TEST_F(PolledControlServiceTest, ItTakesNoBody) {
  start([](const ControlRequest&) { return ControlResponse{}; });
  auto answer = std::async(std::launch::async, [] {
    return call({.socket = '@' + name_of_this_test(),
                 .request = {.method = "POST", .path = "/", .body = "body"},
                 .patience = std::chrono::seconds(30)});
  });
  while (!is_there(answer)) service_->run();
  EXPECT_EQ(answer.get()->status, 413U);
}

TEST_F(PolledControlServiceTest, AStrangerIsHungUpOnWhileOthersAreAnswered) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  start([](const ControlRequest&) { return ControlResponse{.body = "for us"}; });
  const std::string socket = '@' + name_of_this_test();
  const pid_t stranger = ::fork();
  if (stranger == 0) {
    const bool is_other = ::setgid(65534) == 0 && ::setuid(65534) == 0;
    const auto answer = call(
        {.socket = socket, .request = {.method = "GET", .path = "/"}, .patience = std::chrono::seconds(30)});
    ::_exit(is_other && !answer && answer.error().code == Errc::unavailable ? 0 : 1);
  }
  int status = 0;
  while (::waitpid(stranger, &status, WNOHANG) == 0) service_->run();
  EXPECT_EQ(status, 0);
  auto answer = asked("/");
  while (!is_there(answer)) service_->run();
  EXPECT_EQ(answer.get()->body, "for us");
}

TEST_F(PolledControlServiceTest, ATakenNameIsSaid) {
  start([](const ControlRequest&) { return ControlResponse{}; });
  EXPECT_EQ(listen_at_abstract_name(name_of_this_test()).error().code, Errc::internal);
  service_.reset();
  EXPECT_TRUE(listen_at_abstract_name(name_of_this_test()));
}

}  // namespace
}  // namespace mediafs
