#include "mediafs/control/control_service.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <latch>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "mediafs/control/control_client.h"
#include "mediafs/control/control_socket.h"
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

  void start(ControlService::Handler handler, std::chrono::seconds idle = std::chrono::seconds(10)) {
    auto listening = listen_at_path(path());
    ASSERT_TRUE(listening) << listening.error().context;
    auto service = ControlService::start(*std::move(listening), ControlService::Admits::our_user_and_root,
                                         std::move(handler), idle);
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

ControlResponse as_sent(const ControlRequest& request) {
  return {.body =
              request.method + " " + std::to_string(request.body.size()) + " " + request.body.substr(0, 9)};
}

TEST_F(ControlServiceTest, ABodyIsTakenInWhole) {
  start(&as_sent);
  const auto post = [&](const std::string& body) {
    const auto answer = call(
        {.socket = path(), .request = {.method = "POST", .path = "/", .body = body}, .patience = kPatience});
    return answer ? answer->body : answer.error().context;
  };
  EXPECT_EQ(post(""), "POST 0 ");
  EXPECT_EQ(post("a\nb"), "POST 3 a\nb");
  EXPECT_EQ(post(std::string(3'000'000, 'x')), "POST 3000000 xxxxxxxxx");
}

TEST_F(ControlServiceTest, ABodyThatIsTooLargeIsRefused) {
  start(&as_sent);
  const auto answer = call({.socket = path(),
                            .request = {.method = "POST", .path = "/", .body = std::string(65 << 20, 'x')},
                            .patience = kPatience});
  ASSERT_TRUE(answer) << answer.error().context;
  EXPECT_EQ(answer->status, 413U);
}

TEST_F(ControlServiceTest, LinesComeAsTheyAreSent) {
  std::latch first_seen(1);
  start([&](const ControlRequest&) {
    return ControlResponse{.lines = [&](const LineSender& send) {
      send("first");
      first_seen.wait();
      send(std::string(1'000'000, 'x'));
      send("last");
    }};
  });
  std::vector<std::size_t> lengths;
  const auto answer = call({.socket = path(),
                            .request = {.method = "GET", .path = "/"},
                            .patience = kPatience,
                            .on_line = [&](std::string_view line) {
                              if (line == "first") first_seen.count_down();
                              lengths.push_back(line.size());
                              return true;
                            }});
  EXPECT_TRUE(answer) << answer.error().context;
  EXPECT_EQ(lengths, (std::vector<std::size_t>{5, 1'000'000, 4}));
}

TEST_F(ControlServiceTest, WorkMayTakeLongerThanAConnectionMayBeIdle) {
  constexpr std::chrono::seconds kIdle{1};
  const auto work = [=](const LineSender& send) {
    std::this_thread::sleep_for(2 * kIdle + std::chrono::milliseconds(100));
    send("at last");
  };
  start([&](const ControlRequest&) { return ControlResponse{.lines = work}; }, kIdle);
  std::string said;
  const auto answer = call({.socket = path(),
                            .request = {.method = "GET", .path = "/"},
                            .patience = kPatience,
                            .on_line = [&](std::string_view line) {
                              said = line;
                              return true;
                            }});
  EXPECT_TRUE(answer) << answer.error().context;
  EXPECT_EQ(said, "at last");
}

/// Sends lines until it is told that nobody wants them.
ControlResponse endless_lines(std::latch& over) {
  return {.lines = [&over](const LineSender& send) {
    while (send("and another one")) std::this_thread::yield();
    over.count_down();
  }};
}

TEST_F(ControlServiceTest, WhatNobodyReadsAnyMoreEnds) {
  std::latch over(1);
  start([&](const ControlRequest&) { return endless_lines(over); });
  const auto answer = call({.socket = path(),
                            .request = {.method = "GET", .path = "/"},
                            .patience = kPatience,
                            .on_line = [](std::string_view) { return false; }});
  EXPECT_EQ(answer.error().code, Errc::cancelled);
  over.wait();
}

TEST_F(ControlServiceTest, LinesEndWithTheService) {
  std::latch begun(1);
  std::latch over(1);
  start([&](const ControlRequest&) { return endless_lines(over); });
  auto asked = std::async(std::launch::async, [&] {
    return call({.socket = path(),
                 .request = {.method = "GET", .path = "/"},
                 .patience = kPatience,
                 .on_line = [&, first = true](std::string_view) mutable {
                   if (std::exchange(first, false)) begun.count_down();
                   return true;
                 }});
  });
  begun.wait();
  service_.reset();
  EXPECT_EQ(over.try_wait(), true);
  asked.wait();
}

TEST_F(ControlServiceTest, AnAnswerOfWhomOneDoesNotBelieveIsNotAskedFor) {
  bool is_asked = false;
  start([&](const ControlRequest&) {
    is_asked = true;
    return ControlResponse{};
  });
  uid_t who = ~uid_t{0};
  const auto answer = call({.socket = path(),
                            .request = {.method = "GET", .path = "/"},
                            .patience = kPatience,
                            .may_answer = [&](uid_t user) {
                              who = user;
                              return false;
                            }});
  EXPECT_EQ(answer.error().code, Errc::denied);
  EXPECT_EQ(who, ::geteuid());
  service_.reset();
  EXPECT_FALSE(is_asked);
}

TEST_F(ControlServiceTest, WhoListensIsKnown) {
  EXPECT_FALSE(listener_at(path()));
  start(&as_sent);
  const auto listener = listener_at(path());
  ASSERT_TRUE(listener);
  EXPECT_EQ(listener->pid, ::getpid());
}

TEST_F(ControlServiceTest, ASocketGoesWithItsServiceUnlessAnotherStandsThere) {
  start(&as_sent);
  service_.reset();
  const auto open = [&] { return *ControlSocket::start(*listen_at_path(path()), path(), &as_sent); };
  auto first = open();
  auto second = open();
  first.reset();
  EXPECT_TRUE(get("/"));
  second.reset();
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(ControlServiceTest, ADirectoryMayHaveALongPath) {
  const std::string directory = testing::TempDir() + "mediafs-" + std::string(150, 'x');
  std::filesystem::create_directories(directory);
  auto listening = listen_in_directory(directory, "control");
  ASSERT_TRUE(listening) << listening.error().context;
  EXPECT_EQ(listener_at(directory + "/control")->pid, ::getpid());
  const auto service = *ControlSocket::start(
      std::move(listening), directory + "/control",
      [](const ControlRequest& request) { return ControlResponse{.body = request.path}; });
  EXPECT_EQ(*get_from_socket(directory + "/control", "/status", kPatience), "/status");
  std::filesystem::remove_all(directory);
}

/// A process that answers everybody the same, in no HTTP.
class Babbler {
 public:
  Babbler(const std::string& path, std::string answer)
      : listening_(*listen_at_path(path)), thread_([this, answer = std::move(answer)] {
          const UniqueFd client(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
          char question[1024];
          if (::read(client.get(), question, sizeof(question)) > 0)
            static_cast<void>(::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL));
        }) {}

 private:
  const UniqueFd listening_;
  std::jthread thread_;
};

TEST_F(ControlServiceTest, WhatIsNoHttpIsOfAnotherVersionAndWhatBreaksOffIsNot) {
  const auto why_not = [&](const std::string& answer) {
    const Babbler babbler(path(), answer);
    return get("/").error().code;
  };
  EXPECT_EQ(why_not("failed why=no"), Errc::protocol);
  EXPECT_EQ(why_not(""), Errc::unavailable);
  EXPECT_EQ(why_not("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbroken"), Errc::unavailable);
}

TEST_F(ControlServiceTest, WhereManyWaitTheNextOneWaitsForItsTurn) {
  auto listening = *listen_at_path(path());
  ASSERT_EQ(::listen(listening.get(), 1), 0);
  std::vector<UniqueFd> waiting;
  for (bool has_room = true; has_room;) {
    UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path().copy(address.sun_path, sizeof(address.sun_path) - 1);
    has_room = ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    waiting.push_back(std::move(client));
  }
  EXPECT_EQ(get("/", Duration(50)).error().code, Errc::timed_out);
  auto asks = std::async(std::launch::async, [&] { return get("/"); });
  waiting.clear();
  const auto service = *ControlSocket::start(std::move(listening), path(), &as_sent);
  EXPECT_TRUE(asks.get());
}

}  // namespace
}  // namespace mediafs
