#include "cache/ownership.h"

#include <sys/stat.h>
#include <unistd.h>

#include <functional>

#include <gmock/gmock.h>

#include "cache/cache_fixture.h"

namespace mediafs {
namespace {

using testing::HasSubstr;

constexpr uid_t kSomebody = 12'345;

/// As people have it: --cache-dir, and in it a directory for each API.
class OwnershipTest : public testing::Test {
 protected:
  OwnershipTest() {
    ::mkdtemp(root_.data());
    outer_ = root_ + "/cache";
    inner_ = outer_ + "/" + std::string(32, 'a');
  }
  ~OwnershipTest() override { std::filesystem::remove_all(root_); }

  Status open() const {
    const auto opened = Cache::open({.directory = inner_, .any_filesystem = true}, secrets());
    return opened ? ok_status() : Status(opened.error());
  }
  void expect_refused(const std::string& reason) const {
    const Status opened = open();
    ASSERT_FALSE(opened.ok()) << reason;
    EXPECT_EQ(opened.error().code, Errc::denied) << opened.error().context;
    EXPECT_THAT(opened.error().context, HasSubstr(reason));
  }
  static std::vector<SecretString> secrets() {
    std::vector<SecretString> out;
    out.emplace_back("secret");
    return out;
  }
  static mode_t mode_of(const std::string& path) {
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }
  [[nodiscard]] std::string file(const std::string& name) const { return inner_ + "/" + name; }

  std::string root_ = testing::TempDir() + "mediafs-ownership-XXXXXX";
  std::string outer_;
  std::string inner_;
};

TEST_F(OwnershipTest, WhatIsMissingIsMadeForItsOwnerOnly) {
  const mode_t before = ::umask(0);
  outer_ = root_ + "/made/below/cache";
  inner_ = outer_ + "/" + std::string(32, 'a');
  EXPECT_TRUE(open().ok());
  ::umask(before);
  EXPECT_EQ(mode_of(outer_), 0700U);
  EXPECT_EQ(mode_of(inner_), 0700U);
  EXPECT_EQ(mode_of(root_ + "/made"), 0755U);
  EXPECT_TRUE(open().ok());
}

TEST_F(OwnershipTest, DirectoriesThatOthersMayWriteToAreRefusedWithTheCommandThatHelps) {
  for (const std::string& directory : {outer_, inner_}) {
    for (const mode_t mode : {0770U, 0707U, 0777U}) {
      ASSERT_TRUE(open().ok());
      ::chmod(directory.c_str(), mode);
      expect_refused("chmod 700 " + directory);
      ::chmod(directory.c_str(), 0700);
    }
  }
}

TEST_F(OwnershipTest, TheDirectoryAroundCachesMayBeReadByOthersAndACacheIsClosedToThem) {
  for (const mode_t mode : {0755U, 0750U, 0701U}) {
    ASSERT_TRUE(open().ok());
    ::chmod(outer_.c_str(), mode);
    ::chmod(inner_.c_str(), mode);
    EXPECT_TRUE(open().ok());
    EXPECT_EQ(mode_of(outer_), mode);
    EXPECT_EQ(mode_of(inner_), 0700U);
  }
}

TEST_F(OwnershipTest, SomebodyElsesDirectoriesAndFilesAreRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  ASSERT_TRUE(open().ok());
  for (const std::string& path : {outer_, inner_, file("keyring"), file("chunks")}) {
    ASSERT_EQ(::chown(path.c_str(), kSomebody, kSomebody), 0);
    expect_refused("belongs to user 12345");
    ASSERT_EQ(::chown(path.c_str(), 0, 0), 0);
  }
  ASSERT_EQ(::chown(root_.c_str(), kSomebody, kSomebody), 0);
  expect_refused("who could replace the cache");
}

TEST_F(OwnershipTest, AParentThatOthersMayWriteToIsRefusedUnlessItIsSticky) {
  for (const mode_t mode : {0777U, 0770U, 0702U}) {
    ::chmod(root_.c_str(), mode);
    expect_refused("chmod go-w " + root_);
  }
  ::chmod(root_.c_str(), 01777);
  EXPECT_TRUE(open().ok());
  ::chmod(root_.c_str(), 0755);
  EXPECT_TRUE(open().ok());
}

TEST_F(OwnershipTest, LinksInTheLastTwoPlacesAreRefused) {
  ASSERT_TRUE(open().ok());
  const std::string elsewhere = root_ + "/elsewhere";
  for (const std::string& path : {inner_, outer_}) {
    std::filesystem::rename(path, elsewhere);
    std::filesystem::create_directory_symlink(elsewhere, path);
    expect_refused("is no directory, or a link to one");
    std::filesystem::remove(path);
    std::filesystem::rename(elsewhere, path);
  }
}

TEST_F(OwnershipTest, ALinkFurtherUpIsFollowedAndWhatItLeadsToCounts) {
  ::mkdir((root_ + "/real").c_str(), 0700);
  std::filesystem::create_directory_symlink(root_ + "/real", root_ + "/link");
  outer_ = root_ + "/link/cache";
  inner_ = outer_ + "/" + std::string(32, 'a');
  EXPECT_TRUE(open().ok());
  ::chmod((root_ + "/real").c_str(), 0777);
  expect_refused("others may write to");
}

TEST_F(OwnershipTest, FilesThatAreNotOursAloneAreRefused) {
  const std::vector<std::pair<std::string, std::function<void(const std::string&)>>> kinds{
      {"not a regular file",
       [&](const std::string& path) {
         std::filesystem::rename(path, root_ + "/target");
         std::filesystem::create_symlink(root_ + "/target", path);
       }},
      {"not a regular file",
       [](const std::string& path) {
         std::filesystem::remove(path);
         ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
       }},
      {"another name",
       [&](const std::string& path) { std::filesystem::create_hard_link(path, root_ + "/twin"); }},
      {"chmod 600", [](const std::string& path) { ::chmod(path.c_str(), 0640); }},
      {"chmod 600", [](const std::string& path) { ::chmod(path.c_str(), 0602); }}};
  for (const std::string name : {"keyring", "state", "lock", "catalog", "chunks"}) {
    for (const auto& [reason, make] : kinds) {
      std::filesystem::remove_all(outer_);
      std::filesystem::remove(root_ + "/target");
      std::filesystem::remove(root_ + "/twin");
      ASSERT_TRUE(open().ok());
      make(file(name));
      expect_refused(reason);
    }
  }
}

TEST(UnsuitableFilesystem, AreThoseWithoutACoherentMap) {
  EXPECT_STREQ(unsuitable_filesystem(0x6969), "NFS");
  EXPECT_STREQ(unsuitable_filesystem(static_cast<long>(0xFF534D42)), "CIFS");
  EXPECT_STREQ(unsuitable_filesystem(static_cast<int>(0xFE534D42)), "SMB2");  // f_type may be 32 bits, signed
  EXPECT_STREQ(unsuitable_filesystem(0x65735546), "FUSE");
  EXPECT_STREQ(unsuitable_filesystem(0x794c7630), "overlay");
  EXPECT_EQ(unsuitable_filesystem(0xEF53), nullptr);      // ext4
  EXPECT_EQ(unsuitable_filesystem(0x01021994), nullptr);  // tmpfs
}

}  // namespace
}  // namespace mediafs
