// What is counted of the kernel's requests. A socket stands in for /dev/fuse: a message is a request or a
// reply.
#include "mount/request_counters.h"

#include <linux/fuse.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <numeric>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "mediafs/base/shared_memory.h"
#include "mediafs/base/unique_fd.h"
#include "mount/connection.h"

namespace mediafs {
namespace {

using Errors = std::map<int, std::uint64_t>;

std::uint64_t count_of(const DurationHistogram::Snapshot& durations) {
  return std::accumulate(durations.counts.begin(), durations.counts.end(), std::uint64_t{0});
}

class RequestCountersTest : public ::testing::Test {
 protected:
  /// The kernel takes it, where there is one.
  void drop_reply() {
    std::byte buffer[256];
    ::recv(ends_.kernel.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
  }
  /// The kernel asks, and the server takes it.
  std::uint64_t take(std::uint32_t opcode) {
    next_ += 2;
    return take(opcode, next_);
  }
  std::uint64_t take(std::uint32_t opcode, std::uint64_t unique) {
    const fuse_in_header request{.len = sizeof(request), .opcode = opcode, .unique = unique, .nodeid = 1};
    EXPECT_EQ(::write(ends_.kernel.get(), &request, sizeof(request)), static_cast<ssize_t>(sizeof(request)));
    std::vector<std::byte> buffer(8192);
    EXPECT_GT(connection_.read(buffer.data(), buffer.size()), 0);
    return unique;
  }
  void answer(std::uint64_t unique, int error = 0) {
    fuse_out_header header{.len = sizeof(header), .error = -error, .unique = unique};
    iovec piece{&header, sizeof(header)};
    EXPECT_EQ(connection_.write(&piece, 1), static_cast<ssize_t>(sizeof(header)));
    drop_reply();
  }
  void answer_with_entry(std::uint64_t unique, std::uint64_t node) {
    fuse_entry_out entry{};
    entry.nodeid = node;
    entry.attr.ino = node;
    fuse_out_header header{.len = sizeof(header) + sizeof(entry), .error = 0, .unique = unique};
    iovec pieces[] = {{&header, sizeof(header)}, {&entry, sizeof(entry)}};
    EXPECT_EQ(connection_.write(pieces, 2), static_cast<ssize_t>(header.len));
    drop_reply();
  }
  std::map<std::string, std::uint64_t> counts() {
    std::map<std::string, std::uint64_t> out;
    for (const auto& [name, durations] : connection_.stats().durations) {
      if (const std::uint64_t count = count_of(durations); count > 0) out[name] = count;
    }
    return out;
  }

  using Counts = std::map<std::string, std::uint64_t>;

  struct Ends {
    UniqueFd kernel;
    UniqueFd device;
  };
  static Ends connected() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
  }

  const Ends ends_ = connected();
  const SharedMemory memory_ = *SharedMemory::map(*SharedMemory::create(Connection::kBytes));
  Connection connection_{ends_.device.get(), memory_.bytes()};
  std::uint64_t next_ = 100;
};

TEST_F(RequestCountersTest, EachOperationHasItsName) {
  const std::vector<std::pair<std::uint32_t, std::string>> operations = {
      {FUSE_LOOKUP, "lookup"},
      {FUSE_GETATTR, "getattr"},
      {FUSE_OPEN, "open"},
      {FUSE_READ, "read"},
      {FUSE_RELEASE, "release"},
      {FUSE_OPENDIR, "opendir"},
      {FUSE_READDIR, "readdir"},
      {FUSE_READDIRPLUS, "readdirplus"},
      {FUSE_RELEASEDIR, "releasedir"},
      {FUSE_GETXATTR, "getxattr"},
      {FUSE_LISTXATTR, "listxattr"},
      {FUSE_STATFS, "statfs"},
      {FUSE_ACCESS, "access"},
      {FUSE_MKDIR, "other"},
  };
  Counts expected;
  std::uint64_t times = 0;
  for (const auto& [opcode, name] : operations) {
    ++times;
    for (std::uint64_t i = 0; i < times; ++i) answer(take(opcode));
    expected[name] = times;
  }
  EXPECT_EQ(counts(), expected);
  EXPECT_TRUE(connection_.stats().errors.empty());
}

TEST_F(RequestCountersTest, AllNamesAreThereFromTheStart) {
  EXPECT_EQ(connection_.stats().durations.size(), 14U);
  EXPECT_EQ(counts(), Counts{});
}

TEST_F(RequestCountersTest, WhatHasNoReplyIsNotCountedAndWhatIsUnderWayNotYet) {
  for (const std::uint32_t opcode : {FUSE_FORGET, FUSE_BATCH_FORGET, FUSE_INTERRUPT}) take(opcode);
  EXPECT_TRUE(connection_.left_behind().empty());
  const std::uint64_t under_way = take(FUSE_READ);
  EXPECT_EQ(counts(), Counts{});
  answer(under_way);
  EXPECT_EQ(counts(), (Counts{{"read", 1}}));
}

TEST_F(RequestCountersTest, AnInterruptedRequestIsCountedOnce) {
  const std::uint64_t under_way = take(FUSE_READ);
  take(FUSE_INTERRUPT);
  answer(under_way, EINTR);
  EXPECT_EQ(counts(), (Counts{{"read", 1}}));
  EXPECT_EQ(connection_.stats().errors, (Errors{{EINTR, 1}}));
}

TEST_F(RequestCountersTest, ADurationIsFromTheTakingToTheReply) {
  const SteadyTime before_taking = steady_now();
  const std::uint64_t slow = take(FUSE_READ);
  const SteadyTime taken = steady_now();
  for (int i = 0; i < 1000; ++i) answer(take(FUSE_GETATTR));  // meanwhile
  const SteadyTime before_answer = steady_now();
  std::jthread([&] { answer(slow); }).join();
  const SteadyTime answered = steady_now();
  const double sum = connection_.stats().durations.at("read").sum;
  EXPECT_GE(sum, std::chrono::duration<double>(before_answer - taken).count());
  EXPECT_LE(sum, std::chrono::duration<double>(answered - before_taking).count());
}

TEST_F(RequestCountersTest, RequestsUnderWayTogetherAreKeptApart) {
  const std::uint64_t read = take(FUSE_READ);
  constexpr std::uint64_t kAround = 2 * RequestTable::kPlaces;
  const std::uint64_t open = take(FUSE_OPEN, read + kAround);  // they share a place
  const std::uint64_t lookup = take(FUSE_LOOKUP, read | std::uint64_t{1} << 63);
  answer(read);
  EXPECT_EQ(counts(), (Counts{{"read", 1}}));
  answer(lookup);
  answer(open);
  EXPECT_EQ(counts(), (Counts{{"lookup", 1}, {"open", 1}, {"read", 1}}));
}

TEST_F(RequestCountersTest, ErrorsAreCountedByTheirNumber) {
  answer(take(FUSE_READ), EIO);
  answer(take(FUSE_OPEN), EIO);
  answer(take(FUSE_LOOKUP), EACCES);
  answer(take(FUSE_GETATTR));
  EXPECT_EQ(connection_.stats().errors, (Errors{{EIO, 2}, {EACCES, 1}}));
}

TEST_F(RequestCountersTest, ALookupThatFindsNothingIsENOENTHoweverTheKernelIsTold) {
  answer_with_entry(take(FUSE_LOOKUP), /*node=*/0);
  answer(take(FUSE_LOOKUP), ENOENT);
  answer_with_entry(take(FUSE_LOOKUP), /*node=*/7);
  EXPECT_EQ(connection_.stats().errors, (Errors{{ENOENT, 2}}));
  EXPECT_EQ(counts(), (Counts{{"lookup", 3}}));
}

TEST_F(RequestCountersTest, ZerosThatAreReadAreNoError) {
  answer_with_entry(take(FUSE_READ), /*node=*/0);
  EXPECT_TRUE(connection_.stats().errors.empty());
}

TEST_F(RequestCountersTest, WhatIsLeftToTheNextServerIsCountedThere) {
  const std::uint64_t left = take(FUSE_READ);
  connection_.stop_replying(Duration(0));
  answer(left, EIO);
  EXPECT_EQ(counts(), Counts{});
  EXPECT_TRUE(connection_.stats().errors.empty());
  Connection next(ends_.device.get(), memory_.bytes());
  next.see_to(next.left_behind(), /*may_repeat=*/false);  // ends it with EIO
  EXPECT_EQ(next.stats().errors, (Errors{{EIO, 1}}));
  EXPECT_EQ(count_of(next.stats().durations.at("read")), 0U);
}

TEST_F(RequestCountersTest, ManyThreadsLoseNothing) {
  constexpr int kEach = 5000;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([this] {
        std::vector<std::byte> buffer(8192);
        for (int i = 0; i < kEach; ++i) {
          connection_.read(buffer.data(), buffer.size());
          answer(Connection::current_request(), i % 5 == 0 ? EIO : 0);
        }
      });
    }
    for (int i = 0; i < 4 * kEach; ++i) {
      next_ += 2;
      const fuse_in_header request{.len = sizeof(request), .opcode = FUSE_READ, .unique = next_, .nodeid = 1};
      ASSERT_EQ(::write(ends_.kernel.get(), &request, sizeof(request)),
                static_cast<ssize_t>(sizeof(request)));
    }
  }
  EXPECT_EQ(counts(), (Counts{{"read", 4 * kEach}}));
  EXPECT_EQ(connection_.stats().errors, (Errors{{EIO, 4 * kEach / 5}}));
}

}  // namespace
}  // namespace mediafs
