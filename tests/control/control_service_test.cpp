#include "mediafs/control/control_service.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <latch>

#include <gtest/gtest.h>

#include "mediafs/control/control_client.h"
#include "mediafs/control/sockets.h"

namespace mediafs {
namespace {

constexpr Duration kPatience{30'000};

class ControlServiceTest : public testing::Test {
 protected:
  ControlServiceTest() {
    std::filesystem::permissions(::mkdtemp(folder_.data()), std::filesystem::perms(0755));
  }
  ~ControlServiceTest() override { std::filesystem::remove_all(folder_); }

  void start(ControlService::Handler handler) {
    auto listening = listen_at_path(path());
    ASSERT_TRUE(listening) << listening.error().context;
    auto service = ControlService::start(*std::move(listening), ControlService::Admits::our_user_and_root,
                                         std::move(handler));
    ASSERT_TRUE(service) << service.error().context;
    service_ = *std::move(service);
  }
  [[nodiscard]] std::string path() const { return folder_ + "/new/socket"; }
  [[nodiscard]] Result<std::string> get(const std::string& target, Duration patience = kPatience) const {
    return get_from_socket(path(), target, patience);
  }

  std::unique_ptr<ControlService> service_;

 private:
  std::string folder_ = testing::TempDir() + "mediafs-control-XXXXXX";
};

TEST_F(ControlServiceTest, AnswersWhatIsAskedForWithoutTheQuery) {
  start([](const ControlRequest& request) {
    return ControlResponse{.body = request.method + " " + request.path + "\n"};
  });
  EXPECT_EQ(*get("/status?x=1"), "GET /status\n");
  const std::string large(5'000'000, 'x');
  service_.reset();
  start([&](const ControlRequest&) { return ControlResponse{.body = large}; });
  EXPECT_EQ(*get("/"), large);
}

TEST_F(ControlServiceTest, WhatIsRefusedIsAnErrorInTheServicesWords) {
  start([](const ControlRequest&) { return ControlResponse{.status = 503, .body = "the API is down"}; });
  const auto answer = get("/healthz");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::protocol);
  EXPECT_EQ(answer.error().context, "the API is down");
}

TEST_F(ControlServiceTest, WhereNobodyListensIsSaid) {
  EXPECT_EQ(get("/").error().code, Errc::not_found);
  start([](const ControlRequest&) { return ControlResponse{}; });
  service_.reset();
  EXPECT_EQ(get("/").error().code, Errc::not_found);
}

TEST_F(ControlServiceTest, NoneWaitsForAnother) {
  std::latch fast_came(1);
  start([&](const ControlRequest& request) {
    if (request.path == "/fast") fast_came.count_down();
    fast_came.wait();
    return ControlResponse{.body = request.path};
  });
  auto slow = std::async(std::launch::async, [&] { return get("/slow"); });
  EXPECT_EQ(*get("/fast"), "/fast");
  EXPECT_EQ(*slow.get(), "/slow");
}

TEST_F(ControlServiceTest, AnAnswerThatDoesNotComeIsNotWaitedForLonger) {
  std::latch over(1);
  start([&](const ControlRequest&) {
    over.wait();
    return ControlResponse{};
  });
  EXPECT_EQ(get("/", Duration(50)).error().code, Errc::timed_out);
  over.count_down();
  service_.reset();
}

TEST_F(ControlServiceTest, ItsSocketIsOurUsersAlone) {
  start([](const ControlRequest&) { return ControlResponse{}; });
  struct stat socket{};
  ASSERT_EQ(::stat(path().c_str(), &socket), 0);
  EXPECT_EQ(socket.st_mode & 0777, 0600U);
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  ASSERT_EQ(::chmod(path().c_str(), 0666), 0);
  const pid_t other = ::fork();
  if (other == 0) {
    const bool is_other = ::setgid(65534) == 0 && ::setuid(65534) == 0;
    const auto answer = get("/");
    ::_exit(is_other && !answer && answer.error().code == Errc::denied ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(other, &status, 0), other);
  EXPECT_EQ(status, 0);
}

TEST_F(ControlServiceTest, ASocketThatIsLeftThereIsReplaced) {
  start([](const ControlRequest&) { return ControlResponse{.body = "first"}; });
  const auto first = std::move(service_);
  start([](const ControlRequest&) { return ControlResponse{.body = "second"}; });
  EXPECT_EQ(*get("/"), "second");
}

TEST(Sockets, APathThatIsNoneIsRefused) {
  EXPECT_EQ(listen_at_path("/tmp/" + std::string(120, 'x')).error().code, Errc::internal);
  EXPECT_EQ(listen_at_path("/nowhere/at/all").error().code, Errc::internal);
}

std::string address_of(const UniqueFd& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return std::string(::inet_ntoa(address.sin_addr)) + ":" +
         std::to_string(ntohs(address.sin_port));  // NOLINT
}

TEST(Sockets, AnAddressIsTheLoopbacksUnlessItSaysOtherwise) {
  for (const char* address : {"0", ":0", "127.0.0.1:0"}) {
    const auto socket = listen_at_address(address);
    ASSERT_TRUE(socket) << address << ": " << socket.error().context;
    EXPECT_TRUE(address_of(*socket).starts_with("127.0.0.1:")) << address;
  }
  EXPECT_TRUE(listen_at_address("localhost:0"));
  EXPECT_TRUE(address_of(*listen_at_address("0.0.0.0:0")).starts_with("0.0.0.0:"));
  for (const char* address :
       {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:port", "65536", "-1", "example.com:80", "[::1:0", "::"}) {
    const auto socket = listen_at_address(address);
    ASSERT_FALSE(socket) << address;
    EXPECT_EQ(socket.error().code, Errc::invalid_argument) << address;
  }
}

TEST(Sockets, AnAddressThatIsTakenIsSaid) {
  const auto first = listen_at_address("0");
  ASSERT_TRUE(first);
  const auto second = listen_at_address(address_of(*first));
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().context.find("in use"), std::string::npos) << second.error().context;
}

}  // namespace
}  // namespace mediafs
