// What the supervisor does when it is asked to, when servers fail, and what it knows.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include <gmock/gmock.h>

#include "mediafs/base/unique_fd.h"
#include "supervised_fixture.h"

namespace mediafs::e2e {
namespace {

class SupervisorTest : public SupervisedTest {
 protected:
  [[nodiscard]] Outcome upgrade() const { return mediafs({"upgrade", mount_point()}); }
};

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
  EXPECT_EQ(upgrade().code, 19);
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

TEST_F(Upgrade, WhatIsNoMountIsSaidSo) {
  EXPECT_EQ(upgrade().code, 15);
}

/// Stands in for systemd's side of sd_notify(3): keeps what it is sent.
class ServiceManagerTest : public SupervisedTest {
 protected:
  void SetUp() override {
    SupervisedTest::SetUp();
    socket_ = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = root() / "notify";
    ASSERT_LT(path.size(), sizeof(address.sun_path));
    std::memcpy(address.sun_path, path.c_str(), path.size());
    ASSERT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    extra_environment = {{"NOTIFY_SOCKET", path}, {"FDSTORE", "2"}};
  }

  std::unique_ptr<Process> start_service(const std::string& before = {}) {
    api();
    return start(
        before +
        "exec $MEDIAFS mount --foreground --credentials $T/../credentials --cache-any-fs --cache-dir "
        "$T/../cache --log-file $T/../log " +
        api().url() + " $M");
  }

  bool is_told(const std::string& line) {
    return eventually([&] {
      while (receive()) {
      }
      return told_.find(line) != std::string::npos;
    });
  }

  std::string told_;
  std::map<std::string, UniqueFd> kept_;

 private:
  bool receive() {
    char text[4096];
    iovec piece{text, sizeof(text)};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))];
    message.msg_control = room;
    message.msg_controllen = sizeof(room);
    const ssize_t count = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
    if (count < 0) return false;
    const std::string state(text, static_cast<std::size_t>(count));
    told_ += state + "\n";
    const std::size_t name = state.find("FDNAME=");
    if (const cmsghdr* rights = CMSG_FIRSTHDR(&message); rights != nullptr && name != std::string::npos) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(rights), sizeof(descriptor));
      kept_[state.substr(name + 7)] = UniqueFd(descriptor);
    }
    return true;
  }

  UniqueFd socket_;
};

TEST_F(ServiceManagerTest, IsToldWhatHappens) {
  const auto service = start_service();
  EXPECT_TRUE(is_told("READY=1"));
  restart_server();
  EXPECT_TRUE(is_told("STATUS=Serving, by another"));
  service->signal(SIGTERM);
  EXPECT_EQ(service->finish(kPatience).code, 0);
  EXPECT_TRUE(is_told("STOPPING=1"));
  EXPECT_TRUE(is_told("FDSTOREREMOVE=1"));
}

TEST_F(ServiceManagerTest, WhatItKeepsOutlivesTheSupervisor) {
  expect_warnings();
  const std::string id = media_of(8_MiB);
  auto service = start_service();
  ASSERT_TRUE(is_told("READY=1"));
  ASSERT_TRUE(kept_.contains("mediafs-fuse") && kept_.contains("mediafs-state"));
  const auto reader = start(
      "exec 5< $M/" + id +
      "; head -c 1000 <&5 | wc -c; touch $T/holds; while [ ! -e $T/go ]; do "
      "sleep 0.01; done; python3 -c \"import os, hashlib; print(hashlib.sha256(b''.join(os.pread(5, 1 << "
      "20, i << 20) for i in range(8))).hexdigest())\"");
  ASSERT_TRUE(eventually([&] { return fs::exists(scratch() / "holds"); }));
  service->signal(SIGKILL);
  service->finish(kPatience);
  ASSERT_TRUE(servers_end());
  ASSERT_TRUE(is_mounted());
  write_file(scratch() / "go", "");
  // As sd_listen_fds(3) has it: from 3 on, and inherited.
  const UniqueFd device(::fcntl(kept_["mediafs-fuse"].get(), F_DUPFD, 100));
  const UniqueFd state(::fcntl(kept_["mediafs-state"].get(), F_DUPFD, 100));
  service = start_service("exec 3<&" + std::to_string(device.get()) + " 4<&" + std::to_string(state.get()) +
                          "; export LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=mediafs-fuse:mediafs-state; ");
  kept_.clear();
  const Outcome outcome = reader->finish(kPatience);
  EXPECT_NE(outcome.out.find(origin_sha256(id)), std::string::npos) << outcome << log();
  service->signal(SIGTERM);
  EXPECT_EQ(service->finish(kPatience).code, 0);
  EXPECT_FALSE(is_mounted());
}

}  // namespace
}  // namespace mediafs::e2e
