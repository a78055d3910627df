// What the supervisor does when it is asked to, when servers fail, and what it knows.
#include <sys/resource.h>

#include <gmock/gmock.h>

#include "supervised_fixture.h"

namespace mediafs::e2e {
namespace {

class SupervisorTest : public SupervisedTest {};

TEST_F(SupervisorTest, UnmountsAndEndsWhenAskedTo) {
  mount();
  read_whole(media_of(1'000));
  ::kill(*supervisor(), SIGTERM);
  EXPECT_TRUE(servers_end());
  EXPECT_FALSE(is_mounted());
}

TEST_F(SupervisorTest, UnmountsAndEndsWhileNoServerIsThere) {
  expect_warnings();
  mount();
  read_whole(media_of(1'000));
  fs::rename(credentials(), root() / "elsewhere");
  kill_server();
  ASSERT_TRUE(eventually([&] { return times_in_log("another one takes over") >= 3; })) << log();
  ::kill(*supervisor(), SIGTERM);
  EXPECT_TRUE(servers_end());
  EXPECT_FALSE(is_mounted());
}

TEST_F(SupervisorTest, ALogThatIsRotatedGoesOnInANewFileInSupervisorAndServer) {
  expect_warnings();
  mount();
  fs::rename(root() / "log", root() / "log.1");
  ::kill(*supervisor(), SIGUSR1);
  ::kill(*server(), SIGUSR1);
  restart_server();
  EXPECT_EQ(times_in_log("another one takes over"), 1U) << log();
  EXPECT_EQ(times_in_log("serving what another server has left"), 1U) << log();
}

TEST_F(SupervisorTest, KilledItLeavesNothingBehind) {
  expect_warnings();
  mount();
  read_whole(media_of(1'000));
  ::kill(*supervisor(), SIGKILL);
  EXPECT_TRUE(servers_end());
  EXPECT_FALSE(is_mounted());
}

TEST_F(SupervisorTest, AServerTakesOrdersFromNobodyElse) {
  mount();
  const pid_t before = *server();
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::kill(before, signal);
  read_whole(media_of(1'000));
  EXPECT_EQ(server(), before);
}

TEST_F(SupervisorTest, GivesUpWhereEveryServerFailsAndSaysWhy) {
  expect_warnings();
  mount();
  fs::rename(credentials(), root() / "elsewhere");
  kill_server();
  EXPECT_TRUE(servers_end());
  EXPECT_FALSE(is_mounted());
  EXPECT_EQ(times_in_log("there will be no other"), 1U) << log();
  EXPECT_NE(log().find("exit code 5: the credentials file"), std::string::npos) << log();
}

TEST_F(SupervisorTest, GivesUpWhereNoServerComesIntoBeing) {
  expect_warnings();
  mount();
  // Which the supervisor has grown beyond, and no new process gets along with.
  const rlimit little{8'192, 8'192};
  ASSERT_EQ(::prlimit(*supervisor(), RLIMIT_STACK, &little, nullptr), 0);
  kill_server();
  EXPECT_TRUE(servers_end());
  EXPECT_FALSE(is_mounted());
  EXPECT_EQ(times_in_log("there will be no other"), 1U) << log();
}

TEST_F(SupervisorTest, WithoutItThereIsOneProcessAndItsEndShows) {
  mount({{"--no-supervisor", kSet}});
  EXPECT_EQ(servers().size(), 1U);
  EXPECT_EQ(mediafs({"upgrade", mount_point()}).code, 19);
  kill9();
  EXPECT_THAT(stat_error("sessions"), testing::AnyOf(ENOTCONN, ECONNABORTED)) << log();
}

TEST_F(SupervisorTest, HoldsNoSecret) {
  for (const bool from_environment : {false, true}) {
    if (from_environment && slowdown() > 1) break;  // a sanitizer keeps a copy of the environment
    if (from_environment) {
      extra_environment = {{"MEDIAFS_API_KEY", api_options.api_key},
                           {"MEDIAFS_SHARED_SECRET", api_options.secrets.front()}};
      mount({{"--credentials", kAbsent}});
    } else {
      mount();
    }
    read_whole(media_of(1'000));
    const std::string process = "/proc/" + std::to_string(*supervisor());
    std::ifstream maps(process + "/maps");
    std::ifstream memory(process + "/mem", std::ios::binary);
    std::uint64_t looked = 0;
    for (std::string line; std::getline(maps, line);) {
      std::uint64_t begin = 0;
      std::uint64_t end = 0;
      char mode[5]{};
      if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, mode) != 3 || mode[1] != 'w') continue;
      if (end - begin > 1_GiB) continue;  // a sanitizer's own
      std::string bytes(end - begin, '\0');
      memory.clear();
      memory.seekg(static_cast<std::streamoff>(begin));
      if (!memory.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) continue;
      looked += bytes.size();
      for (const std::string& secret : {api_options.api_key, api_options.secrets.front()})
        EXPECT_EQ(bytes.find(secret), std::string::npos)
            << line << (from_environment ? " environment" : " file");
    }
    EXPECT_GT(looked, 100'000U);
    unmount();
  }
}

}  // namespace
}  // namespace mediafs::e2e
