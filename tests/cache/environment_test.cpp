#include "cache/environment.h"

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "cache/lmdb_error.h"
#include "cache/page_format.h"

namespace mediafs {
namespace {

constexpr std::size_t kBig = 100'000;
constexpr std::uint64_t kMap = 64_MiB;

class EnvironmentTest : public testing::Test {
 protected:
  EnvironmentTest() { path_ = std::string(::mkdtemp(folder_.data())) + "/data"; }
  ~EnvironmentTest() override {
    environment_.reset();
    std::filesystem::remove_all(folder_);
  }

  void open() {
    environment_.reset();
    auto opened = Environment::open(path_, kMap);
    ASSERT_TRUE(opened.ok()) << opened.error().context;
    environment_ = *std::move(opened);
  }
  Status put(const std::string& key, std::size_t size) {
    const std::string value(size, 'v');
    return environment_->write(
        [&](Environment::Writer& writer) { return writer.put(bytes_of(key), bytes_of(value)); });
  }
  Status erase(const std::string& prefix) {
    return environment_->write([&](Environment::Writer& writer) -> Status {
      const auto erased = writer.erase_prefix(bytes_of(prefix), 1000);
      return erased ? ok_status() : Status(erased.error());
    });
  }
  Environment::Found look_up(const std::string& key, std::size_t size) {
    return environment_->get_part(bytes_of(key), {0, size}, size, [](ByteView /*bytes*/) {});
  }
  void fill(int records) {
    for (int i = 0; i < records; ++i) ASSERT_TRUE(put("key" + std::to_string(1000 + i), kBig).ok());
  }

  std::string folder_ = testing::TempDir() + "mediafs-environment-XXXXXX";
  std::string path_;
  std::unique_ptr<Environment> environment_;
};

TEST_F(EnvironmentTest, HowFarARecordReachesIsKnownBeforeTheFileGrows) {
  open();
  std::uint64_t reach = 0;
  const auto put_large = [&](const std::string& key) {
    const std::string value(kBig, 'v');
    return environment_->write([&](Environment::Writer& writer) {
      Status put = writer.put(bytes_of(key), bytes_of(value));
      reach = writer.reach();
      return put;
    });
  };
  const auto size = [&] { return std::filesystem::file_size(path_); };
  ASSERT_TRUE(put_large("first").ok());
  EXPECT_GT(reach, kBig);
  EXPECT_LE(reach, size());
  const auto before = size();
  ASSERT_TRUE(put_large("second").ok());
  EXPECT_GE(reach, before + kBig);
  EXPECT_LE(reach, size());
  ASSERT_TRUE(erase("first").ok());
  ASSERT_TRUE(put("small", 1).ok());  // which is what lets the pages of the first be used again
  const auto grown = size();
  ASSERT_TRUE(put_large("third").ok());
  EXPECT_LT(reach, grown);
}

TEST_F(EnvironmentTest, WhoIsReadingIsWaitedForUnlessItTakesLong) {
  open();
  fill(1);
  std::atomic<bool> inside = false;
  std::atomic<bool> may_end = false;
  std::atomic<bool> ended = false;
  std::jthread reader([&] {
    environment_->get_part(bytes_of("key1000"), {0, 1}, kBig, [&](ByteView /*bytes*/) {
      inside = true;
      inside.notify_all();
      may_end.wait(false);
      ended = true;
    });
  });
  inside.wait(false);
  environment_->wait_for_readers(Duration(1));
  environment_->wait_for_readers(Duration(1));
  EXPECT_FALSE(ended);
  std::jthread ender([&] {
    may_end = true;
    may_end.notify_all();
  });
  environment_->wait_for_readers(std::chrono::hours(1));
  EXPECT_TRUE(ended);
}

TEST_F(EnvironmentTest, AFileThatIsCutUnderItBreaksItAndNoMore) {
  open();
  fill(40);
  ASSERT_EQ(look_up("key1000", kBig), Environment::Found::part);
  std::filesystem::resize_file(path_, 0);
  EXPECT_EQ(look_up("key1000", kBig), Environment::Found::nothing);
  EXPECT_TRUE(environment_->broken());
  EXPECT_EQ(environment_->count_prefix(bytes_of(std::string_view("key"))), 0U);
  EXPECT_EQ(put("another", 10).error().code, Errc::corrupt);
  EXPECT_EQ(environment_->sync().error().code, Errc::corrupt);
  EXPECT_FALSE(environment_->for_each([](ByteView, ByteView) { return true; }).ok());
}

TEST_F(EnvironmentTest, AWriteIntoACutFileIsAnErrorAndTheNextOneDoesNotWait) {
  open();
  fill(40);
  std::filesystem::resize_file(path_, 2 * page_size());
  EXPECT_FALSE(put("key1020", 20).ok());
  EXPECT_FALSE(erase("key").ok());
  EXPECT_TRUE(environment_->broken());
}

TEST_F(EnvironmentTest, ALockFileThatIsCutUnderItIsSurvived) {
  open();
  fill(2);
  std::filesystem::resize_file(path_ + "-lock", 0);
  EXPECT_FALSE(put("another", 10).ok());
  EXPECT_EQ(look_up("key1000", kBig), Environment::Found::nothing);
  open();
  EXPECT_TRUE(put("another", 10).ok());
}

TEST_F(EnvironmentTest, ARecordThatIsReplacedByASmallerOneKeepsNoPages) {
  open();
  const auto in_one_go = [&](std::size_t before, std::size_t after) {
    return environment_->write([&](Environment::Writer& writer) {
      const std::string big(before, 'b');
      const std::string small(after, 's');
      EXPECT_TRUE(writer.put(bytes_of(std::string_view("key")), bytes_of(big)).ok());
      return writer.put(bytes_of(std::string_view("key")), bytes_of(small));
    });
  };
  ASSERT_TRUE(in_one_go(50'000, 9'000).ok());
  EXPECT_EQ(look_up("key", 9'000), Environment::Found::part);
  EXPECT_TRUE(erase("key").ok());
  EXPECT_FALSE(environment_->broken());
}

/// The number of pages that a record takes, as its first page tells, becomes another.
TEST_F(EnvironmentTest, PagesOfOthersAreNotFreed) {
  open();
  fill(3);
  environment_.reset();
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  PageHeader page{};
  std::uint64_t at = 0;
  for (; (page.flags & kOverflowPage) == 0 || page.run_length() != pages_of_value(kBig, page_size());
       at += page_size()) {
    file.seekg(static_cast<std::streamoff>(at));
    file.read(reinterpret_cast<char*>(&page), sizeof(page));
    ASSERT_TRUE(file);
  }
  page.lower = 60'000;
  file.seekp(static_cast<std::streamoff>(at - page_size()));
  file.write(reinterpret_cast<const char*>(&page), sizeof(page));
  file.close();
  open();
  EXPECT_EQ(erase("key").error().code, Errc::corrupt);
  EXPECT_TRUE(environment_->broken());
}

TEST(LmdbError, SaysWhatIsToBeDone) {
  for (const int damage : {MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_PANIC, MDB_INVALID, MDB_CURSOR_FULL}) {
    EXPECT_EQ(errc_of(damage, false), Errc::corrupt) << damage;
  }
  for (const int full : {MDB_MAP_FULL, ENOSPC, EDQUOT}) EXPECT_EQ(errc_of(full, false), Errc::no_space);
  EXPECT_EQ(errc_of(EIO, true), Errc::no_space);
  EXPECT_EQ(errc_of(EIO, false), Errc::internal);
  for (const int closed : {EACCES, EPERM, EROFS}) EXPECT_EQ(errc_of(closed, true), Errc::denied);
  EXPECT_EQ(errc_of(MDB_READERS_FULL, false), Errc::internal);
}

}  // namespace
}  // namespace mediafs
