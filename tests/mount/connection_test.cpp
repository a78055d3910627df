// Against the real kernel: a mount whose server is a few lines of this test.
#include "mount/connection.h"

#include <linux/fuse.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "mediafs/base/shared_memory.h"
#include "mediafs/mount/kernel_mount.h"

namespace mediafs {
namespace {

namespace fs = std::filesystem;

class ConnectionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "mediafs-connection-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    auto mounted = KernelMount::open({.mountpoint = folder_, .source = "test"});
    if (!mounted) GTEST_SKIP() << "nothing can be mounted here";
    mount_ = *std::move(mounted);
  }
  ~ConnectionTest() override {
    mount_.reset();
    std::error_code ignored;
    fs::remove(folder_, ignored);
  }

  /// Gives the kernel the answer to its INIT, as libfuse does.
  static void answer_init(Connection& connection, const std::vector<std::byte>& request) {
    fuse_in_header in{};
    std::memcpy(&in, request.data(), sizeof(in));
    fuse_init_out out{};
    out.major = FUSE_KERNEL_VERSION;
    out.minor = FUSE_KERNEL_MINOR_VERSION;
    out.max_readahead = 131072;
    out.max_write = 4096;
    fuse_out_header header{.len = sizeof(header) + sizeof(out), .error = 0, .unique = in.unique};
    iovec pieces[] = {{&header, sizeof(header)}, {&out, sizeof(out)}};
    ASSERT_EQ(connection.write(pieces, 2), static_cast<ssize_t>(header.len));
  }

  static fuse_in_header take(Connection& connection) {
    std::vector<std::byte> request(1024 * 1024);
    fuse_in_header header{};
    if (connection.read(request.data(), request.size()) >= static_cast<ssize_t>(sizeof(header)))
      std::memcpy(&header, request.data(), sizeof(header));
    return header;
  }

  static void answer(Connection& connection, const fuse_in_header& request, int error) {
    fuse_out_header header{.len = sizeof(header), .error = -error, .unique = request.unique};
    iovec piece{&header, sizeof(header)};
    connection.write(&piece, 1);
  }

  /// Asks for the mount's attributes, in a process of its own; the errno that it gets is its exit code.
  [[nodiscard]] pid_t ask() const {
    const pid_t child = ::fork();
    struct stat status{};
    if (child == 0) ::_exit(::stat(folder_.c_str(), &status) == 0 ? 0 : errno);
    return child;
  }
  static int outcome_of(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  Connection connection() { return Connection(mount_->device(), memory_.bytes()); }

  fs::path folder_;
  std::unique_ptr<KernelMount> mount_;
  const SharedMemory memory_ = *SharedMemory::map(*SharedMemory::create(Connection::kBytes));
};

TEST_F(ConnectionTest, WhatComesOnlyOnceIsKnownToTheNextServer) {
  Connection first = connection();
  const auto request = first.init_request();
  ASSERT_TRUE(request.ok());
  Connection second = connection();  // the first one has ended before it answered
  const auto again = second.init_request();
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, *request);
  answer_init(second, *again);
  Connection third = connection();
  answer_init(third, *third.init_request());  // which the kernel would take for a mistake
  const pid_t asking = ask();
  answer(third, take(third), ENOTSUP);
  EXPECT_EQ(outcome_of(asking), ENOTSUP);
}

TEST_F(ConnectionTest, WhatWasTakenIsRepeated) {
  Connection first = connection();
  answer_init(first, *first.init_request());
  const pid_t asking = ask();
  const fuse_in_header taken = take(first);
  Connection second = connection();
  answer_init(second, *second.init_request());
  EXPECT_EQ(second.left_behind(), std::vector{taken.unique});
  if (!second.see_to(second.left_behind(), /*may_repeat=*/true)) {
    EXPECT_EQ(outcome_of(asking), EIO);
    GTEST_SKIP() << "this kernel repeats nothing";
  }
  const fuse_in_header repeated = take(second);
  EXPECT_EQ(repeated.opcode, taken.opcode);
  EXPECT_EQ(repeated.unique, taken.unique | std::uint64_t{1} << 63);
  answer(second, repeated, ENOTSUP);
  EXPECT_EQ(outcome_of(asking), ENOTSUP);
  EXPECT_TRUE(connection().left_behind().empty());
}

TEST_F(ConnectionTest, WhatMayNotBeRepeatedFailsInsteadOfHanging) {
  Connection first = connection();
  answer_init(first, *first.init_request());
  const pid_t asking = ask();
  take(first);
  Connection second = connection();
  answer_init(second, *second.init_request());
  second.see_to(second.left_behind(), /*may_repeat=*/false);
  std::jthread server([&] { answer(second, take(second), ENOTSUP); });  // fails what is repeated on the way
  EXPECT_EQ(outcome_of(asking), EIO);
  EXPECT_EQ(outcome_of(ask()), ENOTSUP);
}

TEST_F(ConnectionTest, ASilentServerLeavesTheAnswerToTheNext) {
  Connection first = connection();
  answer_init(first, *first.init_request());
  const pid_t asking = ask();
  const fuse_in_header taken = take(first);
  first.stop_replying(Duration(0));
  answer(first, taken, EPERM);
  Connection second = connection();
  answer_init(second, *second.init_request());
  const bool repeated = second.see_to(second.left_behind(), /*may_repeat=*/true);
  if (repeated) answer(second, take(second), ENOTSUP);
  EXPECT_EQ(outcome_of(asking), repeated ? ENOTSUP : EIO);
}

TEST(ConnectionBuffer, HasItsPagesBeforeARequestIsTaken) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  auto* const buffer = static_cast<unsigned char*>(
      ::mmap(nullptr, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(buffer, MAP_FAILED);
  const auto pages = [&] {
    std::vector<unsigned char> there(4);
    EXPECT_EQ(::mincore(buffer, 4 * page, there.data()), 0);
    return there;
  };
  ::madvise(buffer, 4 * page, MADV_NOHUGEPAGE);
  ASSERT_EQ(pages(), (std::vector<unsigned char>{0, 0, 0, 0}));
  const SharedMemory memory = *SharedMemory::map(*SharedMemory::create(Connection::kBytes));
  Connection connection(/*device=*/-1, memory.bytes());
  EXPECT_LT(connection.read(buffer + page - 2048, 3 * page), 0);
  EXPECT_EQ(pages(), (std::vector<unsigned char>{1, 1, 0, 0}));
  ::munmap(buffer, 4 * page);
}

}  // namespace
}  // namespace mediafs
