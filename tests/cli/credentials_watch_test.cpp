#include "cli/credentials_watch.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "mediafs/base/log.h"
#include "support/manual_timer.h"

namespace mediafs {
namespace {

const std::string kOld = "api_key=key-4f1d\nshared_secret=old-9b2c\n";
const std::string kNew = "api_key=key-4f1d\nshared_secret=new-77aa\nshared_secret=old-9b2c\n";

/// One line, and nothing of what these files hold.
MATCHER_P(IsOneWarningThat, says, "") {
  for (const char* secret : {"4f1d", "0e55", "9b2c", "77aa"})
    if (arg.find(secret) != std::string::npos) return false;
  return std::count(arg.begin(), arg.end(), '\n') == 1 && arg.find(" warning: ") != std::string::npos &&
         arg.find(says) != std::string::npos;
}

class CredentialsWatchTest : public testing::Test {
 protected:
  CredentialsWatchTest() {
    EXPECT_TRUE(log::set_up({.level = log::Level::debug, .file = directory_ + "/log"}));
    write(kOld);
    watch_.emplace(CredentialsFile{.path = path_}, *load_credentials(CredentialsFile{.path = path_}), timer_,
                   [this](const std::vector<SecretString>& secrets) { taken_.push_back(secrets.size()); });
    look_twice();
  }
  ~CredentialsWatchTest() override {
    log::set_up({});
    std::filesystem::remove_all(directory_);
  }

  /// In the place of the old one, as an editor does it.
  void write(const std::string& text, unsigned perms = 0600) const {
    std::ofstream(path_ + ".new") << text;
    std::filesystem::permissions(path_ + ".new", static_cast<std::filesystem::perms>(perms));
    std::filesystem::rename(path_ + ".new", path_);
  }
  /// A file is read when it has come to rest.
  void look_twice() { timer_.advance(std::chrono::seconds(1)); }

  /// What has been logged since this was asked last.
  std::string logged() {
    std::stringstream text;
    text << std::ifstream(directory_ + "/log").rdbuf();
    return text.str().substr(std::exchange(log_seen_, text.str().size()));
  }

  std::string directory_ = testing::TempDir() + "mediafs-watch-XXXXXX";
  const std::string path_ = std::string(::mkdtemp(directory_.data())) + "/credentials";
  ManualTimer timer_;
  std::size_t log_seen_ = 0;
  std::vector<std::size_t> taken_;
  std::optional<CredentialsWatch> watch_;
};

TEST_F(CredentialsWatchTest, NewSecretsAreHandedOnOnce) {
  write(kNew);
  look_twice();
  look_twice();
  EXPECT_EQ(taken_, std::vector<std::size_t>{2});
}

TEST_F(CredentialsWatchTest, AFileThatStillChangesIsNotReadYet) {
  write(kNew);
  timer_.advance(std::chrono::milliseconds(250));
  EXPECT_TRUE(taken_.empty());
  write(kNew + "# more to come\n");
  timer_.advance(std::chrono::milliseconds(250));
  EXPECT_TRUE(taken_.empty());
  timer_.advance(std::chrono::milliseconds(250));
  EXPECT_EQ(taken_.size(), 1U);
}

TEST_F(CredentialsWatchTest, TheSameSecretsAreHandedOnToBeTriedAgainAndAreNoNews) {
  write("# a remark\n" + kOld);
  look_twice();
  EXPECT_EQ(taken_.size(), 1U);
  EXPECT_EQ(logged(), "");
}

TEST_F(CredentialsWatchTest, WhatIsRefusedChangesNothingAndAGoodOneCountsAgain) {
  struct Bad {
    std::string text;
    unsigned perms;
    std::string warning;
  };
  const Bad bad[] = {
      {"api_key=key-4f1d\nshared_secret=new-77aa\nshared_sec", 0600, "is refused"},  // cut in a line
      {"api_key=key-4f1d\n", 0600, "is refused"},                                    // no secret
      {"", 0600, "is refused"},
      {kNew, 0644, "is refused"},  // readable by others
      // Which is another cache, and so a remount.
      {"api_key=key-0e55\nshared_secret=new-77aa\n", 0600, "has another API key"},
  };
  for (const auto& [text, perms, warning] : bad) {
    write(text, perms);
    look_twice();
    look_twice();
    EXPECT_TRUE(taken_.empty()) << text;
    EXPECT_THAT(logged(), IsOneWarningThat(warning)) << text;
  }
  std::filesystem::remove(path_);
  look_twice();
  EXPECT_TRUE(taken_.empty());
  EXPECT_THAT(logged(), IsOneWarningThat("is refused"));
  write(kNew);
  look_twice();
  EXPECT_EQ(taken_, std::vector<std::size_t>{2});
  EXPECT_EQ(logged().find("warning"), std::string::npos);
}

}  // namespace
}  // namespace mediafs
