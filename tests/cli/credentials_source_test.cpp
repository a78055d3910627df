#include "cli/credentials_source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

class CredentialsSource : public testing::Test {
 protected:
  CredentialsSource() {
    ::mkdtemp(directory_.data());
    ::setenv("XDG_CONFIG_HOME", directory_.c_str(), 1);  // not that of whoever runs the tests
  }
  ~CredentialsSource() override {
    ::unsetenv("XDG_CONFIG_HOME");
    std::filesystem::remove_all(directory_);
  }

  /// Puts it where it is found without an option.
  std::string users_file() const {
    std::filesystem::create_directory(directory_ + "/mediafs");
    const std::string path = directory_ + "/mediafs/credentials";
    std::filesystem::rename(file(), path);
    return path;
  }

  std::string file(const std::string& text = "api_key=k\nshared_secret=s\n", mode_t mode = 0600) const {
    const std::string path = directory_ + "/credentials";
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }

  std::string directory_ = testing::TempDir() + "mediafs-credentials-XXXXXX";
};

TEST_F(CredentialsSource, APrivateFileIsRead) {
  const auto credentials = load_credentials(file());
  ASSERT_TRUE(credentials.ok()) << credentials.error().context;
  EXPECT_EQ(credentials->api_key.reveal(), "k");
}

TEST_F(CredentialsSource, AFileThatOthersCanReachIsRefused) {
  for (const mode_t mode : {0640U, 0604U, 0620U, 0644U}) {
    EXPECT_FALSE(load_credentials(file("api_key=k\nshared_secret=s\n", mode)).ok()) << mode;
  }
}

TEST_F(CredentialsSource, WhatIsNoRegularFileOfOursIsRefused) {
  const std::string real = file();
  const std::string link = directory_ + "/link";
  std::filesystem::create_symlink(real, link);
  EXPECT_FALSE(load_credentials(link).ok());
  const std::string fifo = directory_ + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_FALSE(load_credentials(fifo).ok());
  EXPECT_FALSE(load_credentials(directory_).ok());
  EXPECT_FALSE(load_credentials(directory_ + "/missing").ok());
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(real.c_str(), 12345, 12345), 0);
    EXPECT_FALSE(load_credentials(real).ok());
  }
}

TEST_F(CredentialsSource, ADirectoryThatOthersCanWriteToIsRefusedHoweverFarUp) {
  const std::string path = users_file();
  for (const std::string& directory : {directory_ + "/mediafs", directory_}) {
    ::chmod(directory.c_str(), 0777);
    const auto refused = load_credentials(path);
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.error().context.find("could replace the credentials file: chmod go-w " + directory),
              std::string::npos)
        << refused.error().context;
    ::chmod(directory.c_str(), 0700);
    EXPECT_TRUE(load_credentials(path).ok());
  }
}

TEST_F(CredentialsSource, AnEndlessFileIsRefused) {
  EXPECT_FALSE(load_credentials(file(std::string(100'000, '\n') + "api_key=k\nshared_secret=s\n")).ok());
}

TEST_F(CredentialsSource, TheEnvironmentIsWipedWhereItStands) {
  char key[] = "MEDIAFS_API_KEY=canary-key";
  char secret[] = "MEDIAFS_SHARED_SECRET=canary-secret";
  ::putenv(key);  // the very memory, as the kernel passed it
  ::putenv(secret);
  const auto credentials = load_credentials("");
  ASSERT_TRUE(credentials.ok());
  EXPECT_EQ(credentials->shared_secrets.front().reveal(), "canary-secret");
  EXPECT_EQ(std::string(key, sizeof(key)).find("canary"), std::string::npos);
  EXPECT_EQ(std::string(secret, sizeof(secret)).find("canary"), std::string::npos);
  EXPECT_EQ(std::getenv("MEDIAFS_API_KEY"), nullptr);
  EXPECT_FALSE(load_credentials("").ok());
}

TEST_F(CredentialsSource, SystemdsDirectoryComesBeforeTheEnvironment) {
  std::filesystem::rename(file(), directory_ + "/mediafs");
  ::setenv("CREDENTIALS_DIRECTORY", directory_.c_str(), 1);
  ::setenv("MEDIAFS_API_KEY", "other", 1);
  ::setenv("MEDIAFS_SHARED_SECRET", "other", 1);
  const auto credentials = load_credentials("");
  ::unsetenv("CREDENTIALS_DIRECTORY");
  ASSERT_TRUE(credentials.ok()) << credentials.error().context;
  EXPECT_EQ(credentials->api_key.reveal(), "k");
}

TEST_F(CredentialsSource, TheUsersOwnFileIsFoundByItself) {
  EXPECT_EQ(credentials_option(""), "");
  const std::string path = users_file();
  EXPECT_EQ(credentials_option(""), path);
  EXPECT_TRUE(load_credentials(credentials_option("")).ok());
}

TEST_F(CredentialsSource, EveryOtherSourceComesBeforeTheUsersOwnFile) {
  users_file();
  EXPECT_EQ(credentials_option("/given"), "/given");
  for (const char* variable : {"CREDENTIALS_DIRECTORY", "MEDIAFS_API_KEY", "MEDIAFS_SHARED_SECRET"}) {
    ::setenv(variable, "/set", 1);
    EXPECT_EQ(credentials_option(""), "") << variable;
    ::unsetenv(variable);
  }
}

TEST_F(CredentialsSource, TheUsersOwnFileIsRefusedAsAnyOtherOne) {
  ::chmod(users_file().c_str(), 0644);
  EXPECT_FALSE(load_credentials(credentials_option("")).ok());
}

TEST_F(CredentialsSource, RootTakesNobodyElsesFileThatItFinds) {
  if (::geteuid() != 0) GTEST_SKIP() << "for root alone";
  ASSERT_EQ(::chown(users_file().c_str(), 12345, 12345), 0);
  EXPECT_EQ(credentials_option(""), "");
  EXPECT_NE(load_credentials("").error().context.find("belongs to user 12345"), std::string::npos);
}

TEST_F(CredentialsSource, WithoutAnyItIsSaidWhereTheyWereLookedFor) {
  const auto none = load_credentials("");
  ASSERT_FALSE(none.ok());
  for (const std::string& place : {std::string("--credentials"), std::string("$CREDENTIALS_DIRECTORY"),
                                   std::string("MEDIAFS_API_KEY"), directory_ + "/mediafs/credentials"})
    EXPECT_NE(none.error().context.find(place), std::string::npos) << none.error().context;
  ::setenv("MEDIAFS_API_KEY", "half", 1);
  EXPECT_NE(load_credentials("").error().context.find("but not MEDIAFS_SHARED_SECRET"), std::string::npos);
}

}  // namespace
}  // namespace mediafs
