#include "cli/holders.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>

#include <gtest/gtest.h>

#include "mediafs/base/unique_fd.h"

namespace mediafs {
namespace {

/// A process that has done `hold`, and does nothing more.
class HoldingProcess {
 public:
  explicit HoldingProcess(const std::function<bool()>& hold) {
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0) return;
    const UniqueFd reading(ends[0]);
    UniqueFd writing(ends[1]);
    pid_ = ::fork();
    if (pid_ == 0) {
      static_cast<void>(!::write(writing.get(), hold() ? "1" : "0", 1));
      for (;;) ::pause();
    }
    writing.reset();
    char said = '0';
    holds_ = ::read(reading.get(), &said, 1) == 1 && said == '1';
  }
  ~HoldingProcess() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  HoldingProcess(const HoldingProcess&) = delete;
  HoldingProcess& operator=(const HoldingProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool holds() const { return holds_; }

 private:
  pid_t pid_ = -1;
  bool holds_ = false;
};

class HoldersTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(::mkdtemp(directory_.data()), nullptr);
    directory_ = std::filesystem::canonical(directory_);
    std::ofstream(file_of_it()) << "text";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string file_of_it() const { return directory_ + "/file"; }
  bool is_held_by(const HoldingProcess& process) const {
    const Holders holders = holders_of(directory_);
    return std::any_of(holders.seen.begin(), holders.seen.end(), [&](const Holder& holder) {
      return holder.pid == process.pid() && !holder.name.empty();
    });
  }

  std::string directory_ = testing::TempDir() + "mediafs-holders-XXXXXX";
};

TEST_F(HoldersTest, AWorkingDirectoryAnOpenFileAndAMappingAreSeen) {
  const HoldingProcess stays([&] { return ::chdir(directory_.c_str()) == 0; });
  const HoldingProcess reads([&] { return ::open(file_of_it().c_str(), O_RDONLY) >= 0; });
  const HoldingProcess maps([&] {
    const int fd = ::open(file_of_it().c_str(), O_RDONLY);
    const bool mapped = ::mmap(nullptr, 4, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED;
    return mapped && ::close(fd) == 0;
  });
  const HoldingProcess elsewhere([] { return true; });
  for (const HoldingProcess* process : {&stays, &reads, &maps}) {
    ASSERT_TRUE(process->holds());
    EXPECT_TRUE(is_held_by(*process));
  }
  EXPECT_FALSE(is_held_by(elsewhere));
}

TEST_F(HoldersTest, WhoAsksIsNotAmongThem) {
  const UniqueFd own(::open(file_of_it().c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(to_string(holders_of(directory_)).find(std::to_string(::getpid())), std::string::npos);
}

TEST(Holders, AreAtThePathOrUnderIt) {
  EXPECT_TRUE(is_at_or_under("/mnt/a", "/mnt/a"));
  EXPECT_TRUE(is_at_or_under("/mnt/a/b (deleted)", "/mnt/a"));
  EXPECT_FALSE(is_at_or_under("/mnt/ab", "/mnt/a"));
  EXPECT_FALSE(is_at_or_under("/mnt", "/mnt/a"));
  EXPECT_FALSE(is_at_or_under("pipe:[1]", "/mnt/a"));
}

TEST(Holders, AFewAreNamed) {
  EXPECT_EQ(to_string(Holders{}), "");
  EXPECT_EQ(to_string(Holders{{{1, "a"}, {2, "b"}}, 0}), "a (1), b (2)");
  EXPECT_EQ(to_string(Holders{{{1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}, {5, "e"}, {6, "f"}, {7, "g"}}, 0}),
            "a (1), b (2), c (3), d (4), e (5) and 2 more");
  EXPECT_EQ(to_string(Holders{{{1, "a"}}, 3}), "a (1); processes that you may not look into: 3");
  EXPECT_EQ(to_string(Holders{{}, 3}), "processes that you may not look into: 3");
}

}  // namespace
}  // namespace mediafs
