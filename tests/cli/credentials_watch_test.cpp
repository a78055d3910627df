#include "cli/credentials_watch.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "support/manual_timer.h"

namespace mediafs {
namespace {

const std::string kOld = "api_key=the-key\nshared_secret=old\n";
const std::string kNew = "api_key=the-key\nshared_secret=new\nshared_secret=old\n";

class CredentialsWatchTest : public testing::Test {
 protected:
  CredentialsWatchTest() {
    write(kOld);
    watch_.emplace(CredentialsFile{.path = path_}, *load_credentials(CredentialsFile{.path = path_}), timer_,
                   [this](const std::vector<SecretString>& secrets) { taken_.push_back(secrets.size()); });
    look_twice();
  }
  ~CredentialsWatchTest() override { std::filesystem::remove_all(directory_); }

  /// In the place of the old one, as an editor does it.
  void write(const std::string& text, unsigned perms = 0600) const {
    std::ofstream(path_ + ".new") << text;
    std::filesystem::permissions(path_ + ".new", static_cast<std::filesystem::perms>(perms));
    std::filesystem::rename(path_ + ".new", path_);
  }
  /// A file is read when it has come to rest.
  void look_twice() { timer_.advance(std::chrono::seconds(2)); }

  std::string directory_ = testing::TempDir() + "mediafs-watch-XXXXXX";
  const std::string path_ = std::string(::mkdtemp(directory_.data())) + "/credentials";
  ManualTimer timer_;
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
  timer_.advance(std::chrono::seconds(1));
  EXPECT_TRUE(taken_.empty());
  write(kNew + "# more to come\n");
  timer_.advance(std::chrono::seconds(1));
  EXPECT_TRUE(taken_.empty());
  timer_.advance(std::chrono::seconds(1));
  EXPECT_EQ(taken_.size(), 1U);
}

TEST_F(CredentialsWatchTest, TheSameSecretsAreNoNews) {
  write("# a remark\n" + kOld);
  look_twice();
  EXPECT_TRUE(taken_.empty());
}

TEST_F(CredentialsWatchTest, WhatIsRefusedChangesNothingAndAGoodOneCountsAgain) {
  const std::vector<std::pair<std::string, unsigned>> bad = {
      {"api_key=the-key\nshared_sec", 0600},               // cut in a line
      {"api_key=the-key\n", 0600},                         // no secret
      {"", 0600},                                          // empty
      {kNew, 0644},                                        // readable by others
      {"api_key=another-key\nshared_secret=new\n", 0600},  // which is another cache, and so a remount
  };
  for (const auto& [text, perms] : bad) {
    write(text, perms);
    look_twice();
    EXPECT_TRUE(taken_.empty()) << text;
  }
  std::filesystem::remove(path_);
  look_twice();
  EXPECT_TRUE(taken_.empty());
  write(kNew);
  look_twice();
  EXPECT_EQ(taken_, std::vector<std::size_t>{2});
}

}  // namespace
}  // namespace mediafs
