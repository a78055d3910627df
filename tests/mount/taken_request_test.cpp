// A server that is killed between a request's arrival and its reply: for each kind of request that readers
// cause.
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sys/syscall.h>

#include "mediafs/base/unique_fd.h"
#include "supervised_fixture.h"

namespace mediafs::e2e {
namespace {

/// What causes the request, as a step of a Python program; it is prepared, and waits, before that.
struct Cause {
  std::string name;
  std::set<std::uint32_t> opcodes;  // of the request, any of them
  std::string prepare;
  std::string act;
  std::string expected;
};

const Cause kCauses[] = {
    {"lookup", {FUSE_LOOKUP}, "", "print(os.stat(m + '/' + new).st_size)", "1234"},
    {"getattr",
     {FUSE_GETATTR},
     "fd = os.open(m + '/sessions', os.O_RDONLY)",
     "print(os.fstat(fd).st_ino)",
     "2"},
    {"open", {FUSE_OPEN}, "os.stat(m + '/' + id)", "print(len(open(m + '/' + id, 'rb').read()))", "300000"},
    {"read",
     {FUSE_READ},
     "fd = os.open(m + '/' + id, os.O_RDONLY | os.O_DIRECT); b = mmap.mmap(-1, 1 << 20)",
     "print(os.readv(fd, [b]))",
     "300000"},
    {"opendir", {FUSE_OPENDIR}, "", "print(len(os.listdir(m)) > 0)", "True"},
    {"readdir",
     {FUSE_READDIR, FUSE_READDIRPLUS},
     "fd = os.open(m, os.O_RDONLY)",
     "print(sorted(os.listdir(fd))[0])",
     "attempts"},
    {"getxattr",
     {FUSE_GETXATTR},
     "fd = os.open(m + '/' + id, os.O_RDONLY)",
     "print(os.getxattr(fd, 'user.mediafs.id').decode() == id)",
     "True"},
    {"listxattr",
     {FUSE_LISTXATTR},
     "fd = os.open(m + '/' + id, os.O_RDONLY)",
     "print('user.mediafs.id' in os.listxattr(fd))",
     "True"},
    {"release",
     {FUSE_RELEASE},
     "fd = os.open(m + '/' + id, os.O_RDONLY)",
     "os.close(fd); print('closed')",
     "closed"},
    {"statfs", {FUSE_STATFS}, "", "print(os.statvfs(m).f_namemax)", "255"},
};

class TakenRequest : public SupervisedTest, public ::testing::WithParamInterface<Cause> {
 protected:
  static inline const std::string kId = media_of(300'000);

  void SetUp() override {
    SupervisedTest::SetUp();
    // Attributes of directories are asked for where that is to be seen, and else are not in the way.
    mount({{"--listing-ttl", asks_for_attributes() ? "1ms" : "1h"}});
    ASSERT_EQ(sh("stat $M/sessions; ls $M").code, 0);
    ASSERT_NO_FATAL_FAILURE(read_whole(kId));
    extra_environment = {{"ID", kId}, {"NEW", media_of(1234, "notyetknown00001")}};
  }

  static bool asks_for_attributes() {
    const std::string test = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    return test.ends_with("getattr");
  }

  /// It takes nothing any more, and nothing that it has taken is answered.
  void stop_server() {
    const pid_t there = *server();
    ::kill(there, SIGSTOP);
    ASSERT_TRUE(eventually([&] {
      for (const auto& thread : fs::directory_iterator("/proc/" + std::to_string(there) + "/task")) {
        std::ifstream file(thread.path() / "stat");
        std::string line;
        std::getline(file, line);
        if (line.find(") T ") == std::string::npos) return false;
      }
      return true;
    }));
  }

  std::unique_ptr<Process> prepared(const Cause& cause) {
    auto process = start(
        "exec python3 - <<'END'\nimport mmap, os, time\nm, t, id, new = (os.environ[k] for k in ('M', 'T', "
        "'ID', 'NEW'))\n" +
        cause.prepare +
        "\nopen(t + '/holds', 'w').close()\nwhile not os.path.exists(t + '/go'): time.sleep(0.01)\n" +
        cause.act + "\nEND");
    EXPECT_TRUE(eventually([&] { return fs::exists(scratch() / "holds") || process->ended(); }));
    return process;
  }

  /// A second descriptor of the mount's /dev/fuse, which the supervisor has.
  UniqueFd device() {
    const pid_t holder = *supervisor();
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, holder, 0)));
    for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(holder) + "/fd")) {
      if (fs::read_symlink(entry) != "/dev/fuse") continue;
      return UniqueFd(
          static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), std::stoi(entry.path().filename()), 0)));
    }
    return {};
  }

  /// Takes requests, as a server does, up to one of that kind; none of them is answered.
  static bool take(const UniqueFd& from, const std::set<std::uint32_t>& opcodes) {
    std::vector<std::byte> request(2 * 1024 * 1024);
    pollfd waiting{.fd = from.get(), .events = POLLIN, .revents = 0};
    while (::poll(&waiting, 1, 20'000) == 1) {
      const ssize_t count = ::read(from.get(), request.data(), request.size());
      fuse_in_header header{};
      if (count < static_cast<ssize_t>(sizeof(header))) return false;
      std::memcpy(&header, request.data(), sizeof(header));
      if (opcodes.contains(header.opcode)) return true;
    }
    return false;
  }
};

TEST_P(TakenRequest, IsAnsweredByTheNextServer) {
  const UniqueFd from = device();
  if (!from) GTEST_SKIP() << "no second descriptor of /dev/fuse can be had here";
  const auto asking = prepared(GetParam());
  const pid_t taken_from = *server();
  ASSERT_NO_FATAL_FAILURE(stop_server());
  write_file(scratch() / "go", "");
  EXPECT_TRUE(take(from, GetParam().opcodes));
  ASSERT_NO_FATAL_FAILURE(kill_server());
  const Outcome outcome = asking->finish(kPatience);
  EXPECT_EQ(outcome.code, 0) << outcome << log();
  EXPECT_EQ(outcome.out, GetParam().expected + "\n") << outcome << log();
  await_server_after(taken_from);
  drop_pages(kId);
  read_whole(kId);
}

INSTANTIATE_TEST_SUITE_P(Of, TakenRequest, ::testing::ValuesIn(kCauses), kItsName);

/// The kernel waits for no answer to it, and nothing here depends on it.
TEST_F(TakenRequest, AForgottenNodeIsForgottenByNobody) {
  const UniqueFd from = device();
  const fs::path drop = "/proc/sys/vm/drop_caches";
  if (!from || ::access(drop.c_str(), W_OK) != 0) GTEST_SKIP() << "the kernel cannot be made to forget here";
  const pid_t taken_from = *server();
  ASSERT_NO_FATAL_FAILURE(stop_server());
  const auto forgetting = start("echo 2 > " + drop.string());
  EXPECT_TRUE(take(from, {FUSE_FORGET, FUSE_BATCH_FORGET}));
  ASSERT_NO_FATAL_FAILURE(kill_server());
  EXPECT_EQ(forgetting->finish(kPatience).code, 0);
  await_server_after(taken_from);
  read_whole(kId);
}

}  // namespace
}  // namespace mediafs::e2e
