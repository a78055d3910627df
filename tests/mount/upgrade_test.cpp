// `mediafs upgrade`: another server, and another program, under everybody who reads.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "mediafs/base/unique_fd.h"
#include "supervised_fixture.h"

namespace mediafs::e2e {
namespace {

class Upgrade : public LoadedTest {
 protected:
  using LoadedTest::LoadedTest;

  void upgrade_under_load(int times) {
    mount({{"--cache-size", "2G"}});
    ASSERT_NO_FATAL_FAILURE(start_readers());
    for (int i = 0; i < times; ++i) {
      const auto before = server();
      const Outcome upgraded = upgrade();
      ASSERT_EQ(upgraded.code, 0) << upgraded << log();
      EXPECT_NE(server(), before);
    }
    stop_readers();
  }
  static constexpr int kOrders = 3;  // the descriptor where a server has its supervisor

  [[nodiscard]] Outcome upgrade() const { return mediafs({"upgrade", mount_point()}); }
  /// Mounts with a copy of the program, which can be replaced.
  [[nodiscard]] fs::path mount_with_a_copy() {
    api();
    fs::create_directory(root() / "bin");
    fs::copy_file(kMediafs, root() / "bin/mediafs");
    extra_environment["PROGRAM"] = root() / "bin/mediafs";
    const Outcome mounted =
        sh("$PROGRAM mount --credentials $T/../credentials --cache-any-fs --cache-dir $T/../cache "
           "--log-file $T/../log " +
           api().url() + " $M");
    EXPECT_EQ(mounted.code, 0) << mounted;
    return root() / "bin/mediafs";
  }
  /// As a package manager does it.
  void replace(const fs::path& program, const fs::path& by) {
    fs::copy_file(by, program.string() + ".new");
    fs::rename(program.string() + ".new", program);
  }
};

TEST_F(Upgrade, UnderLoadNoReaderNotices) {
  upgrade_under_load(6);
}

class LongUpgrade : public Upgrade {
 protected:
  LongUpgrade() : Upgrade(100) {}
};

TEST_F(LongUpgrade, TwelveTimesNoneOfAHundredReadersNotices) {
  upgrade_under_load(12);
}

TEST_F(Upgrade, IsAskedForBySighupToo) {
  mount();
  const pid_t before = *server();
  ::kill(*supervisor(), SIGHUP);
  await_server_after(before);
  read_whole(media_of(1'000));
}

TEST_F(Upgrade, TheNewProgramIsWhatStandsInThePlaceOfTheOld) {
  const fs::path program = mount_with_a_copy();
  replace(program, kMediafs);
  const auto runs = [&] { return fs::read_symlink("/proc/" + std::to_string(*server()) + "/exe").string(); };
  restart_server();
  EXPECT_NE(runs(), program) << "after a crash it is the program that was there";
  const Outcome upgraded = upgrade();
  ASSERT_EQ(upgraded.code, 0) << upgraded << log();
  EXPECT_EQ(runs(), program);
  read_whole(media_of(1'000));
}

TEST_F(Upgrade, AProgramThatDoesNotServeLeavesTheOldServerInItsPlace) {
  expect_warnings();
  const fs::path program = mount_with_a_copy();
  const auto before = server();
  replace(program, "/bin/false");
  EXPECT_EQ(upgrade().code, 19);
  EXPECT_EQ(server(), before);
  fs::remove(program);
  EXPECT_EQ(upgrade().code, 19);
  EXPECT_EQ(server(), before);
  read_whole(media_of(1'000));
}

TEST_F(Upgrade, CanBeAskedForOnceWhoHadTheMountsNumberBeforeIsGone) {
  mount();
  struct stat status{};
  ASSERT_EQ(::stat(mount_point().c_str(), &status), 0);
  unmount();
  // As the supervisor of the mount before, which ends after its mount.
  UniqueFd before(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const std::string name =
      "mediafs/" + std::to_string(major(status.st_dev)) + ":" + std::to_string(minor(status.st_dev));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  ASSERT_EQ(::bind(before.get(), reinterpret_cast<const sockaddr*>(&address),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size())),
            0);
  mount();  // with the same number, unless another mount has taken it meanwhile
  const pid_t old = *server();
  before.reset();
  EXPECT_TRUE(eventually([&] { return upgrade().code == 0; })) << log();
  EXPECT_NE(server(), old);
}

TEST_F(Upgrade, WhereTheNewServerDiesOnceTheOldOneHasBeenToldToGoAnotherServes) {
  expect_warnings();
  mount();
  const pid_t old = *server();
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, old, 0)));
  const UniqueFd orders(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), kOrders, 0)));
  if (!orders) GTEST_SKIP() << "what a server is told cannot be seen here";
  ::kill(old, SIGSTOP);
  const auto upgrading = start("exec $MEDIAFS upgrade $M");
  char order = 0;
  const bool is_told =
      eventually([&] { return ::recv(orders.get(), &order, 1, MSG_PEEK | MSG_DONTWAIT) == 1; });
  if (!is_told) ::kill(old, SIGCONT);
  ASSERT_TRUE(is_told) << upgrading->finish(kPatience) << log();
  for (const pid_t pid : of_role("serve")) {
    if (pid != old) ::kill(pid, SIGKILL);
  }
  EXPECT_EQ(upgrading->finish(kPatience).code, 19) << log();
  await_server_after(old);
  read_whole(media_of(1'000));
}

TEST_F(Upgrade, ThatIsAskedForWhereNoServerServesWaitsForOne) {
  mount();
  ASSERT_NO_FATAL_FAILURE(lose_server());
  const auto upgrade = start("exec $MEDIAFS upgrade $M");
  ASSERT_TRUE(eventually([&] { return times_in_log("waits for a server") == 1; })) << log();
  let_servers_start();
  const Outcome outcome = upgrade->finish(kPatience);
  EXPECT_EQ(outcome.code, 0) << outcome << log();
  EXPECT_EQ(times_in_log("upgraded; "), 1) << log();
  read_whole(media_of(1'000));
}

TEST_F(Upgrade, ThatWaitsIsToldThatTheMountGoes) {
  mount();
  ASSERT_NO_FATAL_FAILURE(lose_server());
  const auto upgrade = start("exec $MEDIAFS upgrade $M");
  ASSERT_TRUE(eventually([&] { return times_in_log("waits for a server") == 1; })) << log();
  ::kill(*supervisor(), SIGTERM);
  const Outcome outcome = upgrade->finish(kPatience);
  EXPECT_EQ(outcome.code, 19) << outcome << log();
  EXPECT_NE(outcome.err.find("the mount is going down"), std::string::npos) << outcome;
}

TEST_F(Upgrade, WhatIsNoMountIsSaidSo) {
  EXPECT_EQ(upgrade().code, 15);
}

}  // namespace
}  // namespace mediafs::e2e
