// Disks that are full, or may only be read: a small file system in memory, where this process may mount one.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "cache/environment.h"
#include "cache/replaceable_environment.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {
namespace {

class DiskTest : public testing::Test {
 protected:
  void SetUp() override {
    ::mkdtemp(folder_.data());
    // In a namespace of this thread's own: whatever becomes of the test, nothing stays mounted.
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=8m") != 0) {
      GTEST_SKIP() << "mounting is not allowed";
    }
    mounted_ = true;
  }
  void TearDown() override {
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
    ::rmdir(folder_.c_str());
  }

  [[nodiscard]] std::string path() const { return folder_ + "/data"; }
  [[nodiscard]] bool may_write(bool allowed) const {
    const unsigned long flags = allowed ? MS_REMOUNT : MS_REMOUNT | MS_RDONLY;
    return ::mount("tmpfs", folder_.c_str(), "tmpfs", flags, "size=8m") == 0;
  }
  /// Takes all room but for so many bytes; 0 bytes: gives it back.
  void leave_room(off_t bytes) const {
    const std::string ballast = folder_ + "/ballast";
    ::unlink(ballast.c_str());
    if (bytes == 0) return;
    const auto free = static_cast<off_t>(std::filesystem::space(folder_).available);
    const UniqueFd fd(::open(ballast.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    ASSERT_EQ(::posix_fallocate(fd.get(), 0, free - bytes), 0);
  }
  template <typename Database>
  static Status put(Database& database, const std::string& key) {
    const std::string value(131'296, 'v');
    return database.write(
        [&](Environment::Writer& writer) { return writer.put(bytes_of(key), bytes_of(value)); });
  }
  static bool has(Environment& environment, const std::string& key) {
    return environment.get_part(bytes_of(key), {0, 1}, 131'296, [](ByteView /*bytes*/) {}) ==
           Environment::Found::part;
  }

 private:
  std::string folder_ = testing::TempDir() + "mediafs-disk-XXXXXX";
  bool mounted_ = false;
};

TEST_F(DiskTest, AFullOneIsNoDamageAndTakesMoreOnceThereIsRoom) {
  auto environment = *Environment::open(path(), 1_GiB);
  ASSERT_TRUE(put(*environment, "first").ok());
  leave_room(40'000);
  const Status written = put(*environment, "second");
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, Errc::no_space) << written.error().context;
  EXPECT_FALSE(environment->broken());
  EXPECT_TRUE(has(*environment, "first"));
  leave_room(0);
  EXPECT_TRUE(put(*environment, "second").ok());
  EXPECT_TRUE(has(*environment, "second"));
}

TEST_F(DiskTest, OnAFullOneNothingIsSetAside) {
  {
    auto environment = *Environment::open(path(), 1_GiB);
    ASSERT_TRUE(put(*environment, "first").ok());
  }
  leave_room(4096);
  auto database = ReplaceableEnvironment::open(path(), 1_GiB);
  if (database) {
    EXPECT_EQ(put(**database, "second").error().code, Errc::no_space);
  }
  EXPECT_FALSE(std::filesystem::exists(path() + ".bad"));
  const auto another = ReplaceableEnvironment::open(path() + "2", 1_GiB);
  ASSERT_FALSE(another.ok());
  EXPECT_EQ(another.error().code, Errc::no_space) << another.error().context;
}

TEST_F(DiskTest, WhatMayOnlyBeReadIsNotSetAside) {
  {
    auto environment = *Environment::open(path(), 1_GiB);
    ASSERT_TRUE(put(*environment, "first").ok());
  }
  ASSERT_TRUE(may_write(false));
  const auto refused = ReplaceableEnvironment::open(path(), 1_GiB);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::denied) << refused.error().context;
  ASSERT_TRUE(may_write(true));
  EXPECT_TRUE(has(**Environment::open(path(), 1_GiB), "first"));
  EXPECT_FALSE(std::filesystem::exists(path() + ".bad"));
}

}  // namespace
}  // namespace mediafs
