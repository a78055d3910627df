// Disks that are full, or may only be read.
#include "cache/cache_fixture.h"
#include "cache/environment.h"
#include "cache/file_io.h"
#include "cache/replaceable_environment.h"
#include "cache/small_disk.h"

namespace mediafs {
namespace {

class DiskTest : public CacheFixture {
 protected:
  void SetUp() override {
    if (!disk_.mounted()) GTEST_SKIP() << "mounting is not allowed";
    directory_ = disk_.path("cache");
  }
  void TearDown() override { close(); }

  [[nodiscard]] std::string path() const { return disk_.path("data"); }
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
  /// A cache with one media in it, closed, and not a byte of room.
  void fill() {
    open();
    store(item(), 0, 'a');
    cache_->store_item(item());
    cache_->settle();
    close();
    disk_.leave_room(1);
  }

  const SmallDisk disk_;
};

TEST_F(DiskTest, AFullOneIsNoDamageAndTakesMoreOnceThereIsRoom) {
  auto environment = *Environment::open(path(), 1_GiB);
  ASSERT_TRUE(put(*environment, "first").ok());
  disk_.leave_room(40'000);
  const Status written = put(*environment, "second");
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, Errc::no_space) << written.error().context;
  EXPECT_FALSE(environment->broken());
  EXPECT_TRUE(has(*environment, "first"));
  disk_.give_room_back();
  EXPECT_TRUE(put(*environment, "second").ok());
  EXPECT_TRUE(has(*environment, "second"));
}

TEST_F(DiskTest, OnAFullOneNothingIsSetAside) {
  {
    auto environment = *Environment::open(path(), 1_GiB);
    ASSERT_TRUE(put(*environment, "first").ok());
  }
  disk_.leave_room(4096);
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
  ASSERT_TRUE(disk_.may_write(false));
  const auto refused = ReplaceableEnvironment::open(path(), 1_GiB);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::denied) << refused.error().context;
  ASSERT_TRUE(disk_.may_write(true));
  EXPECT_TRUE(has(**Environment::open(path(), 1_GiB), "first"));
  EXPECT_FALSE(std::filesystem::exists(path() + ".bad"));
}

TEST_F(DiskTest, OnAFullOneACacheIsOpenedReadAndErased) {
  fill();
  open();
  EXPECT_EQ(look_up(item(), 0), 'a');
  close();
  open();
  EXPECT_EQ(look_up(item(), 0), 'a');
  EXPECT_TRUE(cache_->erase({item().id}, {}).ok());
  EXPECT_EQ(look_up(item(), 0), 0);
  open();
  EXPECT_EQ(look_up(item(), 0), 0);
}

TEST_F(DiskTest, OnAFullOneACacheStaysWarmThoughItsServerWasKilled) {
  open();
  const std::string dirty = content("state");
  fill();
  overwrite("state", 0, dirty);
  open();
  EXPECT_EQ(content("state"), dirty);
  EXPECT_EQ(look_up(item(), 0), 'a');
}

TEST_F(DiskTest, WhatStandsInTheWayOfANewFileIsRemoved) {
  ASSERT_TRUE(replace_file(path(), "before", Sync::no).ok());
  std::filesystem::create_directory(path() + ".new");
  EXPECT_TRUE(replace_file(path(), "after", Sync::no).ok());
  EXPECT_EQ(*read_file(path(), 100), "after");
}

TEST_F(DiskTest, WhatCannotBeReplacedLeavesNoCopyBehind) {
  const std::string before(8'192, 'b');
  ASSERT_TRUE(replace_file(path(), before, Sync::yes).ok());
  disk_.leave_room(8'192);
  EXPECT_FALSE(replace_file(path(), std::string(16'384, 'a'), Sync::yes).ok());
  EXPECT_FALSE(std::filesystem::exists(path() + ".new"));
  EXPECT_EQ(*read_file(path(), 100'000), before);
}

}  // namespace
}  // namespace mediafs
