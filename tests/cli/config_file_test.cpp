#include "cli/config_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

/// As "NAME=VALUE" or "NAME", one a line; or what is wrong.
std::string parsed(std::string_view text) {
  const auto lines = parse_config(text);
  if (!lines) return "wrong: " + lines.error().context;
  std::string out;
  for (const ConfigLine& line : *lines)
    out += line.name + (line.value ? "=" + *line.value : std::string()) + "\n";
  return out;
}

TEST(ConfigFile, HasOneOptionALine) {
  EXPECT_EQ(parsed("# comment\nallow_other\r\n\n  cache-dir = x\t\n--deadline=6s"),
            "allow-other\ncache-dir=x\ndeadline=6s\n");
  EXPECT_EQ(parsed(""), "");
  const auto lines = parse_config("\n#\ndeadline=6s\n");
  ASSERT_TRUE(lines.ok());
  EXPECT_EQ(lines->front().number, 3U);
}

TEST(ConfigFile, OnePairOfQuotesAroundAValueIsLeftOut) {
  EXPECT_EQ(parsed("cache-dir=\"/x\""), "cache-dir=/x\n");
  EXPECT_EQ(parsed("cache-dir = '/a b # c'  # why"), "cache-dir=/a b # c\n");
  EXPECT_EQ(parsed("cache-dir='/it\"s'"), "cache-dir=/it\"s\n");
  EXPECT_EQ(parsed("cache-dir=/it's"), "cache-dir=/it's\n");
  EXPECT_EQ(parsed("cache-dir=\"/x"), "wrong: 1: cache-dir: the quotes are not closed");
  EXPECT_EQ(parsed("cache-dir=\"/x'"), "wrong: 1: cache-dir: the quotes are not closed");
  EXPECT_EQ(parsed("cache-dir=\"/x\"y"), "wrong: 1: cache-dir: something stands behind the closing quotes");
  EXPECT_EQ(parsed("cache-dir=\"/x\"#y"), "wrong: 1: cache-dir: something stands behind the closing quotes");
}

TEST(ConfigFile, ACommentBeginsBehindABlank) {
  EXPECT_EQ(parsed("cache-dir=/srv/a#b"), "cache-dir=/srv/a#b\n");
  EXPECT_EQ(parsed("cache-dir=#b"), "cache-dir=#b\n");
  EXPECT_EQ(parsed("cache-dir=/srv/a  # b"), "cache-dir=/srv/a\n");
  EXPECT_EQ(parsed("cache-dir=/srv/a\t#b"), "cache-dir=/srv/a\n");
  EXPECT_EQ(parsed("allow_other # deadline=5s"), "allow-other\n");
}

TEST(ConfigFile, WhatIsNoOptionIsRefusedWithItsLine) {
  EXPECT_EQ(parsed("\ndeadline="), "wrong: 2: deadline: the value is empty");
  EXPECT_EQ(parsed("deadline= # none"), "wrong: 1: deadline: the value is empty");
  EXPECT_EQ(parsed("deadline=''"), "wrong: 1: deadline: the value is empty");
  EXPECT_EQ(parsed("=5s"), "wrong: 1: the name of an option is missing");
  EXPECT_EQ(parsed("[mount]\n"), "wrong: 1: there are no sections: each line is name=value");
  EXPECT_EQ(parsed("config=other"), "wrong: 1: a configuration file cannot name another");
  EXPECT_EQ(parsed("\xEF\xBB\xBF"
                   "deadline=5s"),
            "wrong: 1: a byte order mark: save the file without one");
  EXPECT_EQ(parsed(std::string_view("prefetch=on\ncache-dir=/a\0b", 26)), "wrong: 2: a NUL byte");
  EXPECT_EQ(parsed("deadline=5s\rprefetch=on"), "wrong: 1: a control character (0x0d)");
}

TEST(ConfigFile, WhatIsNoReadableFileIsRefusedInWords) {
  std::string directory = testing::TempDir() + "mediafs-config-XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  const std::string fifo = directory + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const std::string large = directory + "/large";
  std::ofstream(large) << std::string(1024 * 1024 + 1, '\n');
  const std::string most = directory + "/most";
  std::ofstream(most) << std::string(1024 * 1024, '\n');
  EXPECT_NE(read_config(directory).error().context.find("is a directory"), std::string::npos);
  EXPECT_NE(read_config(fifo).error().context.find("no regular file"), std::string::npos);
  EXPECT_NE(read_config(large).error().context.find("too large"), std::string::npos);
  EXPECT_NE(read_config(directory + "/missing").error().context.find(directory + "/missing: "),
            std::string::npos);
  EXPECT_TRUE(read_config(most).ok());
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace mediafs
