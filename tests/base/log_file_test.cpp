#include "mediafs/base/log_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

class LogFile : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(directory_.data()), nullptr); }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string path() const { return directory_ + "/log"; }
  /// What is wrong; empty: nothing.
  static std::string fault(const std::string& path) {
    const auto file = open_log_file(path);
    return file ? std::string() : file.error().context;
  }
  static bool tells(const std::string& path, const std::string& words) {
    return fault(path).find(words) != std::string::npos;
  }

  std::string directory_ = testing::TempDir() + "mediafs-log-file-XXXXXX";
};

TEST_F(LogFile, IsMadeForItsOwnerAloneAndAppendedTo) {
  EXPECT_EQ(fault(path()), "");
  struct stat status{};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  std::ofstream(path()) << "first\n";
  ASSERT_EQ(::write(open_log_file(path())->get(), "more\n", 5), 5);
  EXPECT_EQ(std::filesystem::file_size(path()), 11U);
}

TEST_F(LogFile, MayBeReadByOthersAndNotWritten) {
  std::ofstream(path()) << "";
  ::chmod(path().c_str(), 0644);
  EXPECT_EQ(fault(path()), "");
  for (const mode_t mode : {0620U, 0602U, 0666U}) {
    ::chmod(path().c_str(), mode);
    EXPECT_TRUE(tells(path(), "chmod go-w " + path())) << fault(path());
  }
}

TEST_F(LogFile, ThatIsNoRegularFileIsRefused) {
  std::filesystem::create_symlink(directory_ + "/elsewhere", path());
  EXPECT_TRUE(tells(path(), "is a symbolic link"));
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/elsewhere"));
  const std::string fifo = directory_ + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_TRUE(tells(fifo, "is no regular file")) << fault(fifo);
  EXPECT_TRUE(tells(directory_, "is no regular file")) << fault(directory_);
  EXPECT_TRUE(tells("/dev/null", "is no regular file")) << fault("/dev/null");
  EXPECT_FALSE(fault("/dev/stderr").empty());
}

TEST_F(LogFile, OfSomebodyElseIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  std::ofstream(path()) << "";
  ASSERT_EQ(::chown(path().c_str(), 12345, 12345), 0);
  EXPECT_TRUE(tells(path(), "belongs to user 12345"));
}

TEST_F(LogFile, InADirectoryThatOthersMayWriteToIsRefused) {
  ::chmod(directory_.c_str(), 0777);
  EXPECT_TRUE(tells(path(), "could replace the log file: chmod go-w " + directory_)) << fault(path());
  EXPECT_FALSE(std::filesystem::exists(path()));
}

}  // namespace
}  // namespace mediafs
