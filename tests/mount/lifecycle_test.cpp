// From `mediafs mount` to the end of the server.
#include <csignal>

#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

using Lifecycle = MountTest;

TEST_F(Lifecycle, MountReturnsWhenTheMountAnswers) {
  mount();
  EXPECT_EQ(stat_error(media_of(1'000)), 0);
  EXPECT_FALSE(servers().empty());
}

TEST_F(Lifecycle, TheServerKeepsNoTerminalNorPipeOfItsStarter) {
  api();
  // The reader at the end of the pipe sees its end only when nobody holds the other one any more.
  const Outcome outcome =
      sh("$MEDIAFS mount --credentials $T/../credentials --cache-any-fs --cache-dir $T/../cache --log-file "
         "$T/../log " +
             api().url() + " $M 2>&1 | cat",
         std::chrono::seconds(20));
  EXPECT_EQ(outcome.code, 0) << outcome;
  ASSERT_FALSE(servers().empty());
  for (const pid_t pid : servers()) {
    EXPECT_EQ(fs::read_symlink("/proc/" + std::to_string(pid) + "/cwd"), "/");
    for (const char* standard : {"0", "1", "2"}) {
      EXPECT_EQ(fs::read_symlink("/proc/" + std::to_string(pid) + "/fd/" + standard), "/dev/null");
    }
  }
}

TEST_F(Lifecycle, ForegroundStaysUntilUnmounted) {
  api();
  const auto server = start(
      "exec $MEDIAFS mount --foreground --credentials $T/../credentials --cache-any-fs --cache-dir "
      "$T/../cache " +
      api().url() + " $M");
  ASSERT_TRUE(eventually([&] { return is_mounted(); }));
  read_whole(media_of(1'000));
  EXPECT_FALSE(server->ended());
  EXPECT_EQ(mediafs({"unmount", mount_point()}).code, 0);
  EXPECT_EQ(server->finish(kPatience).code, 0);
}

TEST_F(Lifecycle, ForegroundLogsToStandardError) {
  api();
  const auto server =
      start("exec $MEDIAFS mount --foreground --no-cache --log-level debug --credentials $T/../credentials " +
            api().url() + " $M");
  ASSERT_TRUE(eventually([&] { return is_mounted(); }));
  server->signal(SIGTERM);
  EXPECT_NE(server->finish(kPatience).err, "");
}

class Signal : public Lifecycle, public ::testing::WithParamInterface<int> {};

TEST_P(Signal, UnmountsAndEnds) {
  mount();
  read_whole(media_of(1'000));
  for (const pid_t pid : servers()) ::kill(pid, GetParam());
  EXPECT_TRUE(servers_end());
  EXPECT_FALSE(is_mounted());
}

TEST_P(Signal, UnmountsAndEndsWithAHundredReadsPending) {
  expect_warnings();
  const std::string id = media_of(8_MiB);
  api().set_rules(id + " * stall 5000000\n* * hang");
  mount(kWaitingLong);
  std::vector<std::unique_ptr<Process>> readers;
  for (int i = 0; i < 90; ++i) readers.push_back(start("exec cat $M/" + id + " > /dev/null"));
  for (std::uint64_t i = 0; i < 10; ++i)
    readers.push_back(start("exec stat $M/" + media_of(i, "waits-0123456789")));
  ASSERT_TRUE(eventually([&] { return api().total_requests() >= 11; })) << api().total_requests();
  ASSERT_TRUE(eventually([&] { return api().requests_for(id) == 1; }));
  for (const pid_t pid : servers()) ::kill(pid, GetParam());
  EXPECT_TRUE(servers_end());
  EXPECT_FALSE(is_mounted());
  for (const auto& reader : readers) EXPECT_NE(reader->finish(kPatience).code, 0);
}

INSTANTIATE_TEST_SUITE_P(By, Signal, ::testing::Values(SIGTERM, SIGINT), [](const auto& tested) {
  return std::string(tested.param == SIGTERM ? "SIGTERM" : "SIGINT");
});

TEST_F(Lifecycle, UnmountEndsTheServer) {
  mount();
  unmount();  // asserts both
}

TEST_F(Lifecycle, UmountOfTheSystemEndsTheServer) {
  mount();
  EXPECT_EQ(sh("umount $M").code, 0);
  EXPECT_TRUE(servers_end());
}

TEST_F(Lifecycle, LazyUmountWhileReadingEndsTheServer) {
  expect_warnings();
  const std::string id = media_of(8_MiB);
  api().set_rules(id + " * stall 5000000");
  mount();
  const auto reader = start("exec cat $M/" + id + " > $T/copy");
  ASSERT_TRUE(eventually([&] { return api().requests_for(id) == 1; }));
  EXPECT_EQ(sh("umount -l $M").code, 0);
  api().release();
  EXPECT_EQ(reader->finish(kPatience).code, 0);
  EXPECT_TRUE(servers_end());
}

TEST_F(Lifecycle, MountAndUnmountTwentyTimes) {
  for (int i = 0; i < 20; ++i) {
    mount();
    read_whole(media_of(1'000));
    unmount();
  }
}

TEST_F(Lifecycle, TheCacheIsFreeOnceUnmountReturns) {
  mount();
  const std::string again =
      "$MEDIAFS unmount $M && $MEDIAFS mount --credentials $T/../credentials --cache-any-fs --cache-dir "
      "$T/../cache " +
      std::string("--log-file $T/../log ") + api().url() + " $M";
  for (int i = 0; i < 10; ++i) {
    const Outcome outcome =
        sh("cat $M/" + media_of(1_MiB + static_cast<std::uint64_t>(i)) + " > /dev/null; " + again);
    ASSERT_EQ(outcome.code, 0) << outcome;
  }
}

TEST_F(Lifecycle, TwoMountsWithTheirOwnCachesStandSideBySide) {
  mount();
  fs::create_directory(root() / "second");
  const Outcome second = try_mount({{"--cache-dir", root() / "cache2"}}, api().url(), root() / "second");
  ASSERT_EQ(second.code, 0) << second;
  const std::string id = media_of(100'000);
  EXPECT_EQ(sh("cmp $M/" + id + " " + (root() / "second" / id).string()).code, 0);
  EXPECT_EQ(mediafs({"unmount", root() / "second"}).code, 0);
}

TEST_F(Lifecycle, ACacheDirectoryThatIsMissingIsMadeForItsOwnerOnly) {
  mount({{"--cache-dir", root() / "made/below"}});
  EXPECT_EQ(fs::status(root() / "made/below").permissions() & fs::perms::mask, fs::perms::owner_all);
}

TEST_F(Lifecycle, AnotherIntegrationDoesNotSeeTheCacheOfThisOne) {
  const std::string id = media_of(100'000);
  mount();
  read_whole(id);
  unmount();
  stop_api();
  api_options.port = 0;
  restart_api();
  mount();
  EXPECT_EQ(sh("ls $M | grep gen-").code, 1);
  read_whole(id);
  EXPECT_EQ(api().requests_for(id), 1U);
}

TEST_F(Lifecycle, TheConfigFileSaysWhatOptionsSay) {
  const fs::path config = write_file(root() / "config", "file-mode=0444\nlog-level=debug\n");
  mount({{"--config", config}});
  EXPECT_EQ(fs::status(file(media_of(1))).permissions() & fs::perms::mask, fs::perms(0444));
}

TEST_F(Lifecycle, TheLogCanBeJson) {
  expect_warnings();
  mount({{"--log-format", "json"}, {"--log-level", "debug"}, {"--log-file", root() / "debug-log"}});
  EXPECT_EQ(stat_error(kUnknownId), ENOENT);
  unmount();
  const Outcome parsed =
      sh("python3 -c 'import json,sys; print(sum(1 for l in sys.stdin if json.loads(l)[\"level\"]))' < "
         "$T/../debug-log");
  EXPECT_EQ(parsed.code, 0) << parsed;
  EXPECT_GT(std::stoi(parsed.out), 0);
}

}  // namespace
}  // namespace mediafs::e2e
