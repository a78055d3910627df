// What is erased at the API is erased here: from the cache, from the memory, and out of the kernel's pages.
#include "holding_fixture.h"

namespace mediafs::e2e {
namespace {

const MountOptions kSoon{{"--revalidate", "1s"}};

class RevalidationMountTest : public Holding<MountTest> {
 protected:
  /// Opens it until the origin has been asked, which is when its time has come.
  [[nodiscard]] bool is_found_gone() const {
    return eventually([&] { return read(id_).error == ENOENT; });
  }
  /// The requests after the first, which brought the media.
  [[nodiscard]] std::uint64_t questions() { return api().requests_for(id_) - 1; }

  const std::string id_ = media_of(3'000'000);
};

TEST_F(RevalidationMountTest, WhatIsGoneAtTheOriginIsGoneAtTheNextOpen) {
  mount(kSoon);
  read_whole(id_);
  api().remove(id_);
  const std::uint64_t before = questions();  // reading may have taken longer than the word counts
  EXPECT_TRUE(is_found_gone());
  EXPECT_EQ(questions() - before, 2U) << "the second to be sure";
  EXPECT_EQ(stat_error(id_), ENOENT);
  EXPECT_EQ(stat_error(id_ + ".jpg"), ENOENT);
  EXPECT_EQ(sh("ls $M").out.find(id_), std::string::npos);
  remount();
  EXPECT_EQ(sh("ls $M").out.find(id_), std::string::npos);
}

TEST_F(RevalidationMountTest, NoByteOfItComesOutOfTheKernelAnyMore) {
  mount(kSoon);
  read_whole(id_);
  auto holder = hold(id_);
  api().remove(id_);
  EXPECT_TRUE(is_found_gone());
  expect_no_bytes(*holder);
}

TEST_F(RevalidationMountTest, WhatComesBackIsFetchedAnew) {
  mount({{"--revalidate", "1s"}, {"--negative-ttl", "1ms"}});
  const std::string id = "05cfc122-15d8-4838-bbf1-7b26a736b2d2";
  api().put_media(id, "image/jpeg", "the first bytes");
  EXPECT_EQ(read(id).bytes, "the first bytes");
  api().remove(id);
  EXPECT_TRUE(eventually([&] { return read(id).error == ENOENT; }));
  api().put_media(id, "image/jpeg", "other bytes");
  EXPECT_TRUE(eventually([&] { return read(id).bytes == "other bytes"; }));
}

TEST_F(RevalidationMountTest, AnUnreachableOriginErasesNothing) {
  expect_warnings();
  mount(kSoon);
  read_whole(id_);
  drop_pages(id_);
  stop_api();
  ASSERT_TRUE(eventually([&] {
    EXPECT_EQ(read(id_).error, 0);
    return log().find("is still there cannot be learnt") != std::string::npos;
  }));
  read_whole(id_);
  drop_pages(id_);
  read_whole(id_);
}

TEST_F(RevalidationMountTest, ADenialThatIsTakenBackErasesNothing) {
  mount(kSoon);
  read_whole(id_);
  api().set_rules(id_ + " 2 status 404 1302 Not found");
  ASSERT_TRUE(eventually([&] {
    EXPECT_EQ(read(id_).error, 0);
    return questions() >= 2;
  }));
  read_whole(id_);
}

TEST_F(RevalidationMountTest, BeforeTheTimeNobodyIsAskedAndAfterItForOneByte) {
  mount();
  read_whole(id_);
  remount();
  for (int i = 0; i < 5; ++i) read_whole(id_);
  EXPECT_EQ(questions(), 0U);
  unmount();
  mount(kSoon);
  ASSERT_TRUE(eventually([&] {
    read_whole(id_);
    return questions() == 1;
  }));
  EXPECT_EQ(api().requests().back().range, "bytes=0-0");
}

TEST_F(RevalidationMountTest, ThereIsNoWayToSwitchItOff) {
  EXPECT_EQ(try_mount({{"--revalidate", "0s"}}).code, 2);
  EXPECT_EQ(try_mount({{"--revalidate", "off"}}).code, 2);
}

}  // namespace
}  // namespace mediafs::e2e
