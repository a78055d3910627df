#include "cli/mount_table.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

constexpr std::string_view kTable =
    "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
    "60 22 0:50 / /mnt/media ro,nosuid - fuse.mediafs https://h ro\n"
    "61 22 0:51 / /mnt/with\\040space ro shared:2 master:1 - fuse.mediafs https://h ro\n"
    "62 22 0:52 / /mnt/two rw - tmpfs none rw\n"
    "63 62 0:53 / /mnt/two ro - fuse.mediafs https://h ro\n"
    "broken\n";

TEST(MountTable, TellsWhatIsMountedExactlyThere) {
  EXPECT_EQ(mounted_type(kTable, "/mnt/media"), "fuse.mediafs");
  EXPECT_EQ(mounted_type(kTable, "/"), "ext4");
  EXPECT_FALSE(mounted_type(kTable, "/mnt").has_value());
  EXPECT_FALSE(mounted_type(kTable, "/mnt/media/x").has_value());
}

TEST(MountTable, EscapesAreUndone) { EXPECT_EQ(mounted_type(kTable, "/mnt/with space"), "fuse.mediafs"); }

TEST(MountTable, TheUppermostMountCounts) { EXPECT_EQ(mounted_type(kTable, "/mnt/two"), "fuse.mediafs"); }

}  // namespace
}  // namespace mediafs
