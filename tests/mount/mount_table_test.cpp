#include "mediafs/mount/mount_table.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

constexpr std::string_view kTable =
    "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
    "60 22 0:50 / /mnt/media ro,nosuid - fuse.mediafs https://h ro\n"
    "61 22 0:51 / /mnt/with\\040space ro shared:2 master:1 - fuse.mediafs https://h ro\n"
    "64 22 0:54 / /mnt/owned ro - fuse.mediafs https://h ro,user_id=1234,group_id=5,allow_other\n"
    "62 22 0:52 / /mnt/two rw - tmpfs none rw\n"
    "63 62 0:53 / /mnt/two ro - fuse.mediafs https://h ro\n"
    "broken\n";

TEST(MountTable, TellsWhatIsMountedExactlyThere) {
  EXPECT_EQ(find_mount(kTable, "/mnt/media")->type, "fuse.mediafs");
  EXPECT_EQ(find_mount(kTable, "/mnt/media")->source, "https://h");
  EXPECT_EQ(find_mount(kTable, "/")->type, "ext4");
  EXPECT_EQ(find_mount(kTable, "/")->source, "/dev/vda");
  EXPECT_EQ(find_mount(kTable, "/mnt/media")->device, "0:50");
  EXPECT_FALSE(find_mount(kTable, "/mnt").has_value());
  EXPECT_FALSE(find_mount(kTable, "/mnt/media/x").has_value());
}

TEST(MountTable, TellsWhoHasMounted) {
  EXPECT_EQ(find_mount(kTable, "/mnt/owned")->owner, 1234U);
  EXPECT_FALSE(find_mount(kTable, "/mnt/media")->owner.has_value());
  EXPECT_FALSE(find_mount(kTable, "/")->owner.has_value());
}

TEST(MountTable, EscapesAreUndone) {
  EXPECT_EQ(find_mount(kTable, "/mnt/with space")->type, "fuse.mediafs");
}

TEST(MountTable, TellsAllOfAType) {
  const auto mounts = find_mounts(kTable, "fuse.mediafs");
  ASSERT_EQ(mounts.size(), 4U);
  EXPECT_EQ(mounts.at("/mnt/with space").device, "0:51");
  EXPECT_EQ(mounts.at("/mnt/two").device, "0:53");
  EXPECT_TRUE(find_mounts(kTable, "tmpfs").empty()) << "another one covers it";
}

TEST(MountTable, TellsWhereADeviceIsTheUppermostMount) {
  using Places = std::vector<std::string>;
  EXPECT_EQ(places_of(kTable, "0:51"), Places{"/mnt/with space"});
  EXPECT_EQ(places_of(kTable, "0:53"), Places{"/mnt/two"});
  EXPECT_EQ(places_of(kTable, "0:52"), Places{}) << "another one covers it";
  EXPECT_EQ(places_of(kTable, "0:5"), Places{});
  EXPECT_EQ(places_of("7 1 0:9 / /b ro - a b c\n8 1 0:9 / /a ro - a b c\n", "0:9"), (Places{"/a", "/b"}));
}

TEST(MountTable, TellsWhetherAMountIsInIt) {
  EXPECT_EQ(find_mount(kTable, "/mnt/media")->id, "60");
  EXPECT_TRUE(has_mount(kTable, "60"));
  EXPECT_FALSE(has_mount(kTable, "6"));
  EXPECT_FALSE(has_mount(kTable, "0:50"));
  EXPECT_FALSE(has_mount("", "60"));
}

TEST(MountTable, TheUppermostMountCounts) {
  EXPECT_EQ(find_mount(kTable, "/mnt/two")->type, "fuse.mediafs");
}

}  // namespace
}  // namespace mediafs
