// What a mount shows of itself: `mediafs status`, metrics, and what it says of an API in trouble.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pty.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "mediafs/base/unique_fd.h"
#include "supervised_fixture.h"

namespace mediafs::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

class StatusTest : public SupervisedTest {
 protected:
  [[nodiscard]] Json status() const {
    const Outcome outcome = mediafs({"status", "--json", mount_point()});
    EXPECT_EQ(outcome.code, 0) << outcome << log();
    return Json::parse(outcome.out, nullptr, /*allow_exceptions=*/false);
  }
  [[nodiscard]] std::string state() const { return status()["api"]["state"]; }
  /// curl(1), as a person would.
  [[nodiscard]] Outcome curl(const std::string& path, const std::string& options = "") const {
    return sh("exec curl -sS --fail-with-body --unix-socket /run/mediafs/$(mountpoint -d $M).sock " +
              options + " http://x" + path);
  }
  [[nodiscard]] std::string metrics() const {
    const Outcome outcome = curl("/metrics");
    EXPECT_EQ(outcome.code, 0) << outcome;
    return outcome.out;
  }
  /// In status, metrics and the log alike.
  void expect_everywhere(const std::string& name, const std::string& log_line) const {
    EXPECT_TRUE(eventually([&] { return state() == name; })) << status();
    EXPECT_THAT(metrics(), HasSubstr("mediafs_api_state{state=\"" + name + "\"} 1"));
    EXPECT_TRUE(eventually([&] { return log().find(log_line) != std::string::npos; })) << log();
  }
};

TEST_F(StatusTest, ShowsTheServerItsApiAndItsCache) {
  mount();
  EXPECT_EQ(state(), "unknown");
  read_whole(media_of(1'000));
  const Json shown = status();
  EXPECT_EQ(shown["url"], api().url());
  EXPECT_EQ(shown["mountpoint"], mount_point().string());
  EXPECT_EQ(shown["pid"], *server());
  EXPECT_EQ(shown["restarts"], 0);
  EXPECT_EQ(shown["api"]["state"], "up");
  EXPECT_TRUE(shown["api"]["healthy"]);
  EXPECT_GT(shown["cache"]["limit"], 0);
  EXPECT_EQ(shown["open_files"], 0);
  const Outcome text = mediafs({"status", mount_point()});
  EXPECT_EQ(text.code, 0) << text;
  EXPECT_THAT(text.out, HasSubstr("API         up since"));
  EXPECT_THAT(mediafs({"status"}).out, HasSubstr(mount_point().string()));
}

TEST_F(StatusTest, ItsSocketAndThatOfTheCacheAnswerAlike) {
  mount();
  const std::string id = media_of(1'000);
  read_whole(id);
  EXPECT_EQ(Json::parse(curl("/cache").out)["media"], 1);
  EXPECT_THAT(curl("/cache/verify", "-d {}").out, HasSubstr("\"bad\":0"));
  const std::string erase = R"(-d '{"media": [")" + id + R"("]}')";
  EXPECT_EQ(Json::parse(curl("/cache/erase", erase).out)["erased"], 1);
  for (const auto& [path, options] : std::initializer_list<std::pair<const char*, const char*>>{
           {"/cache/erase", R"(-d '{"media": ["no id"]}')"},
           {"/cache/erase", "-d '{'"},
           {"/cache/erase", ""},
           {"/cache/clear", "-X GET"},
           {"/cache/other", "-d {}"},
           {"/status", "-d {}"}})
    EXPECT_EQ(curl(path, options).code, 22) << path << " " << options;
  const fs::path of_cache = fs::directory_iterator(cache_dir())->path() / "control";
  const Outcome outcome = sh("curl -sS --unix-socket " + of_cache.string() + " http://x/status");
  EXPECT_EQ(Json::parse(outcome.out)["mountpoint"], mount_point().string()) << outcome;
}

TEST_F(StatusTest, TheLogSaysWhatIsMountedAndAtDebugHowEachTransferEnded) {
  mount();
  EXPECT_THAT(log(), HasSubstr("mounted, " + api().url() + " at " + mount_point().string() + ", version "));
  EXPECT_THAT(log(), HasSubstr("cache " + cache_dir().string() + "/"));
  read_whole(media_of(1'000));
  EXPECT_TRUE(eventually([&] { return log().find(": HTTP 200, 1000 bytes in ") != std::string::npos; }))
      << log();
}

TEST_F(StatusTest, CountsTheServersBeforeAndOpenFiles) {
  mount();
  restart_server();
  const auto reader =
      start("exec 5< $M/" + media_of(1'000) + "; touch $T/open; while [ ! -e $T/go ]; do sleep 0.01; done");
  ASSERT_TRUE(eventually([&] { return fs::exists(scratch() / "open"); }));
  EXPECT_EQ(status()["restarts"], 1);
  EXPECT_EQ(status()["open_files"], 1);
  write_file(scratch() / "go", "");
  EXPECT_EQ(reader->finish(kPatience).code, 0);
}

TEST_F(StatusTest, MetricsAreWhatPrometheusTakesAndHaveNoId) {
  mount();
  const std::string id = media_of(1'000);
  read_whole(id);
  EXPECT_EQ(stat_error("no-such-media-000000"), ENOENT);
  const std::string text = metrics();
  EXPECT_THAT(text, HasSubstr("mediafs_api_requests_total{endpoint=\"media\",code=\"200\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("mediafs_api_requests_total{endpoint=\"media\",code=\"404\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("mediafs_received_bytes_total"));
  EXPECT_THAT(text, HasSubstr("mediafs_fuse_errors_total{errno=\"ENOENT\"}"));
  EXPECT_THAT(text, Not(HasSubstr(id)));
  EXPECT_THAT(text, Not(HasSubstr("no-such")));
  if (sh("promtool --version").code != 0) GTEST_SKIP() << "there is no promtool";
  write_file(scratch() / "metrics", text);
  const Outcome checked = sh("exec promtool check metrics < $T/metrics");
  EXPECT_EQ(checked.code, 0) << checked;
}

/// One that nobody has just now.
std::string free_address() {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size);
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

TEST_F(StatusTest, MetricsByTcpAreNoWayToIds) {
  const std::string address = free_address();
  mount({{"--metrics", address}});
  const Outcome outcome =
      sh("curl -sS --fail http://" + address + "/healthz; curl -sS --fail http://" + address +
         "/metrics | grep -c mediafs_build_info{; curl -s -o /dev/null -w '%{http_code} ' http://" + address +
         "/status; curl -s -o /dev/null -w '%{http_code} ' http://" + address + "/check");
  EXPECT_EQ(outcome.code, 0) << outcome << log();
  EXPECT_EQ(outcome.out, "ok\n1\n404 404 ");
  restart_server();
  EXPECT_TRUE(eventually([&] { return sh("curl -sS --fail http://" + address + "/healthz").code == 0; }))
      << log();
}

TEST_F(StatusTest, AnAddressThatIsNoneOrTakenIsRefused) {
  EXPECT_EQ(try_mount({{"--metrics", "everywhere"}}).code, 2);
  const std::string address = free_address();
  mount({{"--metrics", address}});
  fs::create_directory(root() / "other");
  const Outcome second = try_mount({{"--metrics", address}, {"--no-cache", kSet}}, {}, root() / "other");
  EXPECT_EQ(second.code, 2) << second;
  EXPECT_THAT(second.err, HasSubstr("in use"));
  EXPECT_FALSE(mount_at(root() / "other"));
}

TEST_F(StatusTest, AnApiThatIsAwayIsShownAndItsReturn) {
  expect_warnings();
  mount({{"--deadline", "2s"}});
  read_whole(media_of(1'000));
  stop_api();
  EXPECT_NE(read(media_of(2'000)).error, 0);
  expect_everywhere("down", "the origin cannot be reached");
  EXPECT_THAT(metrics(), HasSubstr("mediafs_api_up 0"));
  EXPECT_NE(curl("/healthz").code, 0);
  EXPECT_EQ(mediafs({"status", "--check", mount_point()}).code, 4);
  api();
  EXPECT_TRUE(eventually([&] { return read(media_of(2'000)).error == 0; }));
  expect_everywhere("up", "the origin answers again");
  EXPECT_EQ(curl("/healthz").code, 0);
}

TEST_F(StatusTest, ASecretThatIsNotTakenIsShown) {
  expect_warnings();
  mount();
  api_options.secrets = {std::string(40, 'n')};
  restart_api();
  EXPECT_EQ(read(media_of(1'000)).error, EACCES);
  expect_everywhere("denied", "the API does not take the credentials");
  EXPECT_NE(curl("/healthz").code, 0);
  EXPECT_EQ(mediafs({"status", "--check", mount_point()}).code, 5);
}

TEST_F(StatusTest, AnApiThatThrottlesIsShown) {
  expect_warnings();
  api_options.rate_limit = 1;
  mount({{"--deadline", "5s"}});
  for (int i = 0; i < 3; ++i)
    static_cast<void>(read(media_of(1'000, "throttled-media-" + std::to_string(i))));
  EXPECT_TRUE(eventually([&] { return state() == "throttled"; })) << status();
  EXPECT_THAT(metrics(), HasSubstr("mediafs_api_state{state=\"throttled\"} 1"));
  EXPECT_THAT(log(), HasSubstr("the API throttles: "));
}

TEST_F(StatusTest, ACheckAsksAnewWhateverTheMountHasSeen) {
  expect_warnings();
  mount();
  const std::vector<std::string> good = api_options.secrets;
  api_options.secrets = {std::string(40, 'n')};
  restart_api();
  EXPECT_EQ(read(media_of(1'000)).error, EACCES);
  api_options.secrets = good;
  restart_api();
  EXPECT_EQ(mediafs({"status", "--check", mount_point()}).code, 0);
  EXPECT_EQ(api().total_requests(), 1U);
}

TEST_F(StatusTest, HealthComesBackThoughNobodyReads) {
  expect_warnings();
  mount({{"--deadline", "2s"}});
  read_whole(media_of(1'000));
  stop_api();
  EXPECT_NE(read(media_of(2'000)).error, 0);
  EXPECT_NE(curl("/healthz").code, 0);
  api();
  EXPECT_TRUE(eventually([&] { return curl("/healthz").code == 0; }));
}

TEST_F(StatusTest, ACheckAsksTheApiOnceAndByNobodysId) {
  mount();
  const Outcome checked = mediafs({"status", "--check", mount_point()});
  EXPECT_EQ(checked.code, 0) << checked;
  EXPECT_THAT(checked.err, HasSubstr("takes the credentials"));
  EXPECT_EQ(api().total_requests(), 1U);
}

TEST_F(StatusTest, AProbeAtTheMountRefusesASecretThatIsNotTaken) {
  expect_warnings();
  api_options.secrets = {std::string(40, 'o')};
  const Outcome refused = try_mount({{"--probe", kSet}});
  EXPECT_EQ(refused.code, 5) << refused;
  EXPECT_THAT(refused.err, HasSubstr("does not take the credentials"));
  EXPECT_FALSE(is_mounted());
}

TEST_F(StatusTest, AProbeThatIsAnsweredMounts) {
  mount({{"--probe", kSet}});
  EXPECT_EQ(api().total_requests(), 1U);
}

TEST_F(StatusTest, OfWhatIsNoMountOrHasNoServerThatIsSaid) {
  EXPECT_EQ(mediafs({"status", mount_point()}).code, 15);
  mount({{"--no-supervisor", kSet}});
  kill9();
  EXPECT_EQ(mediafs({"status", mount_point()}).code, 22);
}

TEST_F(StatusTest, AnApiThatTakesRequestsAndSaysNothingIsSilent) {
  api().set_rules("* * hang");
  mount();
  const auto reader = start("cat $M/" + media_of(1'000));
  EXPECT_TRUE(eventually([&] { return status()["api"]["silent_for"] >= 1; })) << status();
  EXPECT_THAT(mediafs({"status", mount_point()}).out, HasSubstr(", silent for "));
  EXPECT_THAT(metrics(), Not(HasSubstr("mediafs_api_silent_seconds 0\n")));
  api().set_rules("");
  restart_api();
  reader->signal(9);
}

TEST_F(StatusTest, BetweenTwoServersItWaitsForTheNext) {
  mount();
  ASSERT_NO_FATAL_FAILURE(lose_server());
  const auto asks = start("exec $MEDIAFS status --json $M");
  let_servers_start();
  const Outcome outcome = asks->finish(kPatience);
  EXPECT_EQ(outcome.code, 0) << outcome << log();
  EXPECT_EQ(Json::parse(outcome.out)["pid"], *server());
}

TEST_F(StatusTest, NothingOfItIsLeftBehind) {
  mount();
  const std::string socket = sh("echo /run/mediafs/$(mountpoint -d $M).sock").out;
  const std::string path = socket.substr(0, socket.size() - 1);
  struct stat before{};
  ASSERT_EQ(::stat(path.c_str(), &before), 0) << path;
  unmount();
  struct stat after{};
  const bool is_there = ::stat(path.c_str(), &after) == 0;
  // Another test's mount may have the number by now.
  EXPECT_FALSE(is_there && after.st_ctim.tv_nsec == before.st_ctim.tv_nsec && after.st_ino == before.st_ino);
}

/// 40 MB at 3 MB/s, watched on a terminal.
TEST_F(StatusTest, ATransferIsSeenUnderWayOnATerminal) {
  api_options.bandwidth = 3'000'000;
  mount();
  const std::string id = media_of(40'000'000);
  const auto reader = start("cat $M/" + id + " > /dev/null");
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    ::execl(kMediafs, kMediafs, "status", "--watch", mount_point().c_str(), nullptr);
    ::_exit(127);
  }
  const UniqueFd owner(terminal);
  std::string screen;
  char piece[4096];
  const auto seen = [&](const std::string& text) {
    return eventually([&] {
      const ssize_t count = ::read(terminal, piece, sizeof(piece));
      if (count > 0) screen.append(piece, static_cast<std::size_t>(count));
      return screen.find(text) != std::string::npos;
    });
  };
  EXPECT_TRUE(seen("\x1b[H\x1b[J")) << screen;
  EXPECT_TRUE(seen(id + "  ")) << screen;
  EXPECT_TRUE(seen(" of 38.1 MiB  2.")) << screen;
  EXPECT_TRUE(seen("/s  1 reader\r\n")) << screen;
  EXPECT_TRUE(seen("under way   0")) << screen;
  ::kill(child, SIGINT);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(reader->finish(kPatience).code, 0);
}

}  // namespace
}  // namespace mediafs::e2e
