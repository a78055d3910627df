#include "mediafs/base/parent_directories.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

class ParentDirectories : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(::mkdtemp(root_.data()), nullptr);
    root_ = std::filesystem::canonical(root_);
    std::filesystem::create_directories(root_ + "/a/b");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  /// What is wrong; empty: nothing.
  std::string fault(const std::string& path = "a/b/file") const {
    const Status checked = check_parent_directories(root_ + "/" + path, "the thing");
    return checked ? std::string() : checked.error().context;
  }

  std::string root_ = testing::TempDir() + "mediafs-parents-XXXXXX";
};

TEST_F(ParentDirectories, ThatNobodyElseCanWriteToAreTaken) {
  EXPECT_EQ(fault(), "");
  EXPECT_EQ(fault("a/b"), "");
}

TEST_F(ParentDirectories, ThatOthersMayWriteToAreRefusedHoweverFarUpUnlessSticky) {
  for (const std::string& directory : {root_ + "/a/b", root_ + "/a", root_}) {
    for (const mode_t mode : {0777U, 0770U, 0702U}) {
      ::chmod(directory.c_str(), mode);
      EXPECT_NE(fault().find("could replace the thing: chmod go-w " + directory), std::string::npos)
          << fault();
    }
    ::chmod(directory.c_str(), 01777);
    EXPECT_EQ(fault(), "");
    ::chmod(directory.c_str(), 0755);
  }
}

TEST_F(ParentDirectories, OfSomebodyElseAreRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give directories away";
  ASSERT_EQ(::chown((root_ + "/a").c_str(), 12345, 12345), 0);
  EXPECT_EQ(fault(), root_ + "/a belongs to user 12345, who could replace the thing");
}

TEST_F(ParentDirectories, BehindALinkCountWhereItLeads) {
  std::filesystem::create_directory_symlink(root_ + "/a/b", root_ + "/link");
  EXPECT_EQ(fault("link/file"), "");
  ::chmod((root_ + "/a").c_str(), 0777);
  EXPECT_NE(fault("link/file").find(root_ + "/a"), std::string::npos);
}

TEST_F(ParentDirectories, ThatAreMissingAreNamed) {
  EXPECT_NE(fault("no/file").find(root_ + "/no"), std::string::npos);
}

}  // namespace
}  // namespace mediafs
