#include "mediafs/base/log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

class LogTest : public testing::Test {
 protected:
  void SetUp() override { directory_ = ::mkdtemp(name_.data()); }
  void TearDown() override {
    log::set_up({});
    std::filesystem::remove_all(directory_);
  }
  std::string path() const { return directory_ + "/log"; }
  std::string text() const {
    std::stringstream out;
    out << std::ifstream(path()).rdbuf();
    return out.str();
  }

 private:
  std::string name_ = testing::TempDir() + "mediafs-log-XXXXXX";
  std::string directory_;
};

TEST_F(LogTest, WhatAnOriginSendsCannotForgeALine) {
  ASSERT_TRUE(log::set_up({.file = path()}));
  log::warning("{}", "first\nsecond\x1b[31m");
  const std::string line = text();
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_NE(line.find("first\\x0asecond\\x1b[31m"), std::string::npos);
}

TEST_F(LogTest, JsonLinesStayJson) {
  ASSERT_TRUE(log::set_up({.format = log::Format::json, .file = path()}));
  log::warning("{}", "a \"quoted\" \\ text\n");
  EXPECT_NE(text().find(R"("message":"a \"quoted\" \\ text\\x0a"})"), std::string::npos) << text();
}

TEST_F(LogTest, JsonLinesStayJsonWhateverTheyHold) {
  ASSERT_TRUE(log::set_up({.format = log::Format::json, .file = path()}));
  log::warning("{}", R"(a \x1b of its own, \\x and \)"
                     "\xff");
  EXPECT_NE(text().find(R"("message":"a \\x1b of its own, \\\\x and \\\\xff"})"), std::string::npos)
      << text();
}

/// What `line` writes to standard error, which $JOURNAL_STREAM says is the journal's or not.
template <typename Line>
std::string standard_error(bool is_journals, const log::Options& options, Line line) {
  testing::internal::CaptureStderr();
  struct stat there{};
  ::fstat(STDERR_FILENO, &there);
  const auto inode = is_journals ? there.st_ino : there.st_ino + 1;
  ::setenv("JOURNAL_STREAM", fmt::format("{}:{}", there.st_dev, inode).c_str(), 1);
  EXPECT_TRUE(log::set_up(options));
  line();
  ::unsetenv("JOURNAL_STREAM");
  return testing::internal::GetCapturedStderr();
}

TEST_F(LogTest, TheJournalIsToldThePriorityAndHasATimeOfItsOwn) {
  EXPECT_EQ(standard_error(true, {}, [] { log::info("{}", "words"); }), "<6>words\n");
  EXPECT_EQ(standard_error(true, {}, [] { log::warning("{}", "words"); }), "<4>words\n");
  EXPECT_EQ(standard_error(true, {}, [] { log::error("{}", "words"); }), "<3>words\n");
  const auto debug = [] { log::debug("{}", "words"); };
  EXPECT_EQ(standard_error(true, {.level = log::Level::debug}, debug), "<7>words\n");
  const auto prefix = [] { fmt::print(stderr, "{}words", log::journal_prefix(log::Level::error)); };
  EXPECT_EQ(standard_error(true, {.file = path()}, prefix), "<3>words");
}

TEST_F(LogTest, TheJournalIsToldThePriorityOfJsonTooAndTheRestStaysJson) {
  const std::string line =
      standard_error(true, {.format = log::Format::json}, [] { log::warning("{}", "words"); });
  EXPECT_TRUE(line.starts_with(R"(<4>{"time":)")) << line;
}

TEST_F(LogTest, AnotherStandardErrorHasTheTime) {
  const std::string line = standard_error(false, {}, [] { log::warning("{}", "words"); });
  EXPECT_TRUE(line.starts_with("20")) << line;
  EXPECT_EQ(
      standard_error(false, {}, [] { fmt::print(stderr, "{}", log::journal_prefix(log::Level::info)); }), "");
}

TEST_F(LogTest, GoesOnInANewFileOnceTheOldOneHasBeenRenamedOrRemoved) {
  ASSERT_TRUE(log::set_up({.file = path()}));
  log::info("{}", "first");
  std::filesystem::rename(path(), path() + ".1");
  log::info("{}", "second");
  EXPECT_EQ(text().find("first"), std::string::npos);
  EXPECT_NE(text().find("second"), std::string::npos);
  struct stat file{};
  ASSERT_EQ(::stat(path().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600U);
  std::filesystem::remove(path());
  log::info("{}", "third");
  EXPECT_NE(text().find("third"), std::string::npos);
}

TEST_F(LogTest, WhatIsRefusedInItsPlaceIsNotWrittenTo) {
  ASSERT_TRUE(log::set_up({.file = path()}));
  std::filesystem::rename(path(), path() + ".1");
  std::filesystem::create_symlink("/dev/null", path());
  log::info("{}", "kept");
  std::stringstream old;
  old << std::ifstream(path() + ".1").rdbuf();
  EXPECT_NE(old.str().find("kept"), std::string::npos);
}

TEST_F(LogTest, RepeatedLinesAreCountedInsteadOfPrinted) {
  ASSERT_TRUE(log::set_up({.file = path()}));
  for (int i = 0; i < 1000; ++i) log::warning("media {}: unavailable (HTTP 503)", 10'000'000 + i);
  log::settle();
  const std::string all = text();
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 6);
  EXPECT_NE(all.find("995 more lines of the kind: media #: unavailable"), std::string::npos) << all;
}

TEST_F(LogTest, EventsAndWhatIsForDebuggingAreNeverCounted) {
  ASSERT_TRUE(log::set_up({.level = log::Level::debug, .file = path()}));
  for (int i = 0; i < 100; ++i) log::write_event(log::Level::warning, "a server has ended");
  for (int i = 0; i < 100; ++i) log::debug("media {}: GET", i);
  log::settle();
  const std::string all = text();
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 200);
}

TEST_F(LogTest, LinesBelowTheLevelAreLeftOut) {
  ASSERT_TRUE(log::set_up({.level = log::Level::warning, .file = path()}));
  log::info("quiet");
  log::error("loud");
  EXPECT_EQ(text().find("quiet"), std::string::npos);
  EXPECT_NE(text().find("loud"), std::string::npos);
}

TEST_F(LogTest, OthersMayNotReadTheFile) {
  ASSERT_TRUE(log::set_up({.file = path()}));
  struct stat file{};
  ASSERT_EQ(::stat(path().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600U);
}

TEST_F(LogTest, AFileThatCannotBeMadeIsRefused) {
  EXPECT_FALSE(log::set_up({.file = "/nonexistent/log"}));
}

}  // namespace
}  // namespace mediafs
