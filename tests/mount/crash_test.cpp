// After kill -9: nothing that was committed is lost, nothing wrong is served, and mounting again just works.
#include <csignal>

#include <gmock/gmock.h>

#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

using Crash = MountTest;

TEST_F(Crash, LeavesAMountThatSaysSo) {
  mount();
  kill9();
  ASSERT_TRUE(is_mounted());
  // The kernel says the first once where libfuse asked it to, and the other from then on.
  EXPECT_THAT(stat_error(media_of(1'000)), ::testing::AnyOf(ECONNABORTED, ENOTCONN));
}

TEST_F(Crash, MountingAgainClearsTheDeadMount) {
  mount();
  kill9();
  ASSERT_TRUE(is_mounted());
  mount();
  read_whole(media_of(1'000));
  unmount();
  EXPECT_FALSE(is_mounted()) << "the dead mount was only covered";
}

TEST_F(Crash, ADeadMountIsClearedThroughALinkToo) {
  fs::create_directory_symlink(mount_point(), root() / "link");
  mount();
  kill9();
  const Outcome outcome = try_mount({}, {}, root() / "link");
  EXPECT_EQ(outcome.code, 0) << outcome;
  read_whole(media_of(1'000));
  EXPECT_EQ(mediafs({"unmount", root() / "link"}).code, 0);
  EXPECT_FALSE(is_mounted());
}

TEST_F(Crash, ADeadMountIsClearedAlsoForAStarterThatIgnoresItsChildren) {
  mount();
  kill9();
  const std::string starter =
      "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], "
      "sys.argv[1:])";
  const Outcome outcome =
      sh("exec python3 -c '" + starter + "' $MEDIAFS mount --credentials " + credentials().string() +
         " --cache-any-fs --cache-dir " + cache_dir().string() + " " + api().url() + " $M");
  EXPECT_EQ(outcome.code, 0) << outcome;
  EXPECT_TRUE(is_mounted());
  read_whole(media_of(1'000));
}

TEST_F(Crash, UnmountClearsTheDeadMount) {
  mount();
  kill9();
  const Outcome outcome = mediafs({"unmount", mount_point()});
  EXPECT_EQ(outcome.code, 0) << outcome;
  EXPECT_FALSE(is_mounted());
}

TEST_F(Crash, CachedFilesAreReadAfterItWithTheApiDown) {
  expect_warnings();  // that the API cannot be reached
  const std::vector<std::string> ids{media_of(0), media_of(100'000), media_of(8_MiB)};
  mount();
  for (const std::string& id : ids) read_whole(id);
  unmount();  // so that all is committed
  mount();
  for (const std::string& id : ids) read_whole(id);
  kill9();
  stop_api();
  mount();
  for (const std::string& id : ids) read_whole(id);
}

TEST_F(Crash, WhatWasReadAWhileAgoIsKept) {
  expect_warnings();
  const std::string id = media_of(8_MiB);
  mount();
  keep(id);  // the writer commits on its own
  kill9();
  stop_api();
  mount();
  read_whole(id);
}

TEST_F(Crash, ABlockedReaderIsToldAtOnce) {
  const std::string id = media_of(8_MiB);
  api().set_rules(id + " * stall 5000000");
  mount(kWaitingLong);
  const auto reader = start("cat $M/" + id);
  ASSERT_TRUE(
      eventually([&] { return !api().requests().empty() && api().requests().front().sent >= 5'000'000; }));
  kill9();
  const Outcome outcome = reader->finish(kPatience);
  EXPECT_EQ(outcome.code, 1) << outcome.err;
}

TEST_F(Crash, AMountThatHangsDoesNotHangTheNextOne) {
  mount();
  for (const pid_t pid : servers()) ::kill(pid, SIGSTOP);
  const Outcome outcome = try_mount({{"--cache-dir", root() / "cache2"}});
  EXPECT_EQ(outcome.code, 9) << outcome;
  for (const pid_t pid : servers()) ::kill(pid, SIGCONT);
}

TEST_F(Crash, OverAndOverUnderLoadNeverGivesAWrongByte) {
  expect_warnings();
  extra_environment["O"] = root() / "origin";
  for (std::uint64_t i = 1; i <= 20; ++i) {
    const std::string id = media_of(i * 333'333);
    write_file(root() / "origin" / id, origin_bytes(id));
  }
  for (int round = 0; round < 5; ++round) {
    mount();
    const std::uint64_t asked = api().total_requests();
    // What dies on the way is empty or cut, and cmp's complaint of an end of file is no wrong byte.
    const auto readers = start(R"(
      set +e
      for f in $O/*; do
        cat $M/${f##*/} 2> /dev/null | cmp - $f 2> /dev/null | grep differ && exit 3
      done; exit 0)");
    eventually([&] {
      return api().total_requests() > asked + static_cast<std::uint64_t>(3 * round) || readers->ended();
    });
    kill9();
    EXPECT_EQ(readers->finish(kPatience).code, 0);
  }
  mount();
  const Outcome all = sh(R"(for f in $O/*; do cmp $M/${f##*/} $f; done)");
  EXPECT_EQ(all.code, 0) << all << log();
}

}  // namespace
}  // namespace mediafs::e2e
