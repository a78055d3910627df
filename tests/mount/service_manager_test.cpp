// The conversation with a service manager, sd_notify(3): what is said in it.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "mediafs/base/unique_fd.h"
#include "supervised_fixture.h"

namespace mediafs::e2e {
namespace {

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
    // Nobody is there to say what is a restart.
    extra_environment = {{"NOTIFY_SOCKET", path},
                         {"FDSTORE", "2"},
                         {"DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent"},
                         {"DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent"}};
  }

  std::unique_ptr<Process> start_service(const std::string& options = {}, const std::string& before = {}) {
    api();
    return start(before +
                 "exec $MEDIAFS mount --foreground --cache-any-fs --cache-dir $T/../cache "
                 "--log-file $T/../log --credentials $T/../credentials " +
                 options + " " + api().url() + " $M");
  }
  /// With what has been kept, as sd_listen_fds(3) has it: from 3 on, and inherited.
  std::unique_ptr<Process> start_service_again(const std::string& options = {}) {
    told_.clear();
    std::string redirections;
    std::string names;
    std::vector<UniqueFd> inherited;
    for (const auto& [name, descriptor] : kept_) {
      redirections += " " + std::to_string(3 + inherited.size()) + "<&";
      inherited.emplace_back(::fcntl(descriptor.get(), F_DUPFD, 100));
      redirections += std::to_string(inherited.back().get());
      names += (names.empty() ? "" : ":") + name;
    }
    kept_.clear();
    return start_service(options, "exec" + redirections + "; export LISTEN_PID=$$ LISTEN_FDS=" +
                                      std::to_string(inherited.size()) + " LISTEN_FDNAMES=" + names + "; ");
  }
  /// As an OOM killer does it that spares nothing of a service.
  void kill_service(Process& service) {
    expect_warnings();
    service.signal(SIGKILL);
    service.finish(kPatience);
    ASSERT_TRUE(servers_end());
    ASSERT_TRUE(is_mounted());
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
  EXPECT_NE(log().find("warning: systemd does not say whether this is a restart"), std::string::npos);
}

TEST_F(ServiceManagerTest, WhatIsToBeUnmountedIfStoppedIsNotElsewhere) {
  const auto service = start_service();
  ASSERT_TRUE(is_told("READY=1"));
  EXPECT_EQ(mediafs({"unmount", "--if-stopped", mount_point()}).code, 0);
  EXPECT_TRUE(is_mounted());
  service->signal(SIGTERM);
  EXPECT_EQ(service->finish(kPatience).code, 0);
  expect_warnings();
}

TEST_F(ServiceManagerTest, WhatItKeepsOutlivesTheSupervisorAndTheNextOneIsReadyToo) {
  const std::string id = media_of(8_MiB);
  auto service = start_service();
  ASSERT_TRUE(is_told("READY=1"));
  ASSERT_EQ(kept_.size(), 2U);
  const auto reader = start(
      "exec 5< $M/" + id +
      "; head -c 1000 <&5 | wc -c; touch $T/holds; while [ ! -e $T/go ]; do "
      "sleep 0.01; done; python3 -c \"import os, hashlib; print(hashlib.sha256(b''.join(os.pread(5, 1 << "
      "20, i << 20) for i in range(8))).hexdigest())\"");
  ASSERT_TRUE(eventually([&] { return fs::exists(scratch() / "holds"); }));
  ASSERT_NO_FATAL_FAILURE(kill_service(*service));
  write_file(scratch() / "go", "");
  service = start_service_again();
  EXPECT_TRUE(is_told("READY=1"));
  const Outcome outcome = reader->finish(kPatience);
  EXPECT_NE(outcome.out.find(origin_sha256(id)), std::string::npos) << outcome << log();
  service->signal(SIGTERM);
  EXPECT_EQ(service->finish(kPatience).code, 0);
  EXPECT_FALSE(is_mounted());
}

TEST_F(ServiceManagerTest, AMountOfOtherOptionsIsMadeAnewAndTheOldOneIsKeptNoLonger) {
  auto service = start_service();
  ASSERT_TRUE(is_told("READY=1"));
  ASSERT_NO_FATAL_FAILURE(kill_service(*service));
  service = start_service_again("--allow-other");
  ASSERT_TRUE(is_told("READY=1")) << log();
  EXPECT_TRUE(is_told("FDSTOREREMOVE=1\nFDNAME=mediafs-fuse"));
  EXPECT_TRUE(is_told("FDSTOREREMOVE=1\nFDNAME=mediafs-state"));
  EXPECT_EQ(kept_.size(), 2U);
  read_whole(media_of(1'000));
  service->signal(SIGTERM);
  EXPECT_EQ(service->finish(kPatience).code, 0);
  EXPECT_FALSE(is_mounted());
}

TEST_F(ServiceManagerTest, AnothersMountInTheSamePlaceIsNotTakenOver) {
  auto service = start_service();
  ASSERT_TRUE(is_told("READY=1"));
  ASSERT_NO_FATAL_FAILURE(kill_service(*service));
  ASSERT_EQ(sh("umount -l $M").code, 0);
  ASSERT_EQ(sh("unset NOTIFY_SOCKET; $MEDIAFS mount --cache-any-fs --cache-dir $T/another --log-file "
               "$T/../log --credentials $T/../credentials " +
               api().url() + " $M")
                .code,
            0);
  EXPECT_EQ(start_service_again()->finish(kPatience).code, 9) << log();
  EXPECT_TRUE(is_told("FDSTOREREMOVE=1"));
  read_whole(media_of(1'000));
}

TEST_F(ServiceManagerTest, WithoutASupervisorItIsToldToo) {
  auto service = start_service();
  ASSERT_TRUE(is_told("READY=1"));
  ASSERT_NO_FATAL_FAILURE(kill_service(*service));
  service = start_service_again("--no-supervisor");
  EXPECT_TRUE(is_told("READY=1"));
  EXPECT_TRUE(is_told("FDSTOREREMOVE=1")) << "the last start's mount is kept no longer";
  read_whole(media_of(1'000));
  service->signal(SIGTERM);
  EXPECT_EQ(service->finish(kPatience).code, 0);
  EXPECT_FALSE(is_mounted());
}

TEST_F(ServiceManagerTest, AStopOfAYoungStartWaitsUntilItCanBeActedOn) {
  mount();
  const std::vector<pid_t> others = servers();
  for (const pid_t pid : others) ::kill(pid, SIGSTOP);
  const auto service = start_service();
  // It asks in a child whether the mount that is there answers, and waits for that.
  const std::string pid = std::to_string(service->pid());
  EXPECT_TRUE(
      eventually([&] { return sh("grep -q . /proc/" + pid + "/task/" + pid + "/children").code == 0; }));
  service->signal(SIGTERM);
  EXPECT_EQ(service->finish(kPatience).code, 9) << "not ended by the signal";
  for (const pid_t each : others) ::kill(each, SIGCONT);
}

TEST_F(ServiceManagerTest, IsToldWhyAServiceFails) {
  fs::rename(credentials(), root() / "elsewhere");
  EXPECT_EQ(start_service()->finish(kPatience).code, 5);
  EXPECT_TRUE(is_told("STATUS=Failed: the credentials file"));
}

}  // namespace
}  // namespace mediafs::e2e
