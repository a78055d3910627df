// A cache that is small, or whose disk is, costs no reader anything but time.
#include <gmock/gmock.h>

#include "cache_disk.h"
#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

class CacheBounds : public MountTest {
 protected:
  bool put_cache_on_a_disk_of(const std::string& size) { return disk_.put_at(cache_dir(), size); }
  /// Each file once, exact.
  void read_files(int count, std::uint64_t size) {
    for (int i = 0; i < count; ++i) {
      const std::string id = media_of(size, "bounds" + std::to_string(1000 + i));
      const Outcome read = sh("sha256sum < $M/" + id);
      ASSERT_EQ(read.code, 0) << read << log();
      ASSERT_EQ(read.out.substr(0, 64), origin_sha256(id)) << id;
    }
  }
  [[nodiscard]] std::uint64_t bytes_on_disk() const {
    return std::stoull(sh("du -s --block-size=1 " + cache_dir().string()).out);
  }

 private:
  CacheDisk disk_;
};

TEST_F(CacheBounds, TenTimesItsSizeIsReadThroughItExactly) {
  mount({{"--cache-size", "16M"}});
  read_files(80, 2'000'000);
  EXPECT_LE(bytes_on_disk(), 16'800'000U + 200'000U);
  EXPECT_GT(bytes_on_disk(), 8'000'000U);
}

TEST_F(CacheBounds, AFileLargerThanTheCacheIsReadExactly) {
  mount({{"--cache-size", "8M"}});
  read_files(2, 30'000'000);
  EXPECT_LE(bytes_on_disk(), 8'400'000U + 200'000U);
}

TEST_F(CacheBounds, AFullDiskFailsNoRead) {
  if (!put_cache_on_a_disk_of("16M")) GTEST_SKIP() << "no tmpfs can be mounted here";
  expect_warnings();  // one, about the disk
  mount({{"--cache-size", "1G"}});
  read_files(40, 2'000'000);
  unmount();
  mount({{"--cache-size", "1G"}});
  read_files(40, 2'000'000);
}

TEST_F(CacheBounds, TheDefaultKeepsToATenthOfASmallDisk) {
  if (!put_cache_on_a_disk_of("64M")) GTEST_SKIP() << "no tmpfs can be mounted here";
  mount();
  read_files(20, 1'000'000);
  // A tenth of 64 MiB and 5 % of that, and LMDB's two lock files.
  EXPECT_LE(bytes_on_disk(), 7'046'430U + 90'000U);
}

class LongCacheBounds : public CacheBounds {};

TEST_F(LongCacheBounds, AGibibyteThroughADiskOf64Mebibytes) {
  if (!put_cache_on_a_disk_of("64M")) GTEST_SKIP() << "no tmpfs can be mounted here";
  expect_warnings();
  mount({{"--cache-size", "1G"}});
  read_files(64, 16_MiB);
}

}  // namespace
}  // namespace mediafs::e2e
