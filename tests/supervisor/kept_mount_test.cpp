#include "mediafs/supervisor/kept_mount.h"

#include <gtest/gtest.h>

#include "mediafs/supervisor/channel.h"

namespace mediafs {
namespace {

constexpr std::string_view kTable =
    "22 1 254:0 / / rw - ext4 /dev/vda rw\n"
    "60 22 0:53 / /srv/media ro - fuse.mediafs https://h ro\n"
    "61 22 0:54 / /srv/other ro - fuse.mediafs https://h ro\n";

const MountIdentity kWanted{.mountpoint = "/srv/media", .hand_over_bytes = 4096, .digest = "abc"};

using Names = std::vector<std::string>;

TEST(KeptMount, IsNamedByItsNumberItsVersionAndItsDigest) {
  EXPECT_EQ(kept_name_of_device("0:53"), "mediafs-fuse-0-53");
  EXPECT_EQ(kept_name_of_memory(kWanted), "mediafs-state-" + std::to_string(Channel::kVersion) + "-4096-abc");
}

TEST(KeptMount, IsTheOneThatThisStartWouldMake) {
  EXPECT_EQ(judge({kept_name_of_memory(kWanted), "mediafs-fuse-0-53"}, kTable, kWanted), LastMount::same);
}

TEST(KeptMount, OfWhichTheDescriptorIsOfAnotherMountInTheSamePlaceHasGone) {
  EXPECT_EQ(judge({"mediafs-fuse-0-99", kept_name_of_memory(kWanted)}, kTable, kWanted), LastMount::gone);
  EXPECT_EQ(judge({"mediafs-fuse-0-53", kept_name_of_memory(kWanted)}, "", kWanted), LastMount::gone);
  EXPECT_EQ(judge({"mediafs-fuse", kept_name_of_memory(kWanted)}, kTable, kWanted), LastMount::gone);
}

TEST(KeptMount, IsAtAnotherPlaceAlsoWhereAnothersIsAtThisOne) {
  const std::string memory = kept_name_of_memory({.mountpoint = "/srv/other", .hand_over_bytes = 4096});
  EXPECT_EQ(judge({"mediafs-fuse-0-54", memory}, kTable, kWanted), LastMount::another_place);
}

TEST(KeptMount, IsOfOtherOptionsOrOfAnotherVersion) {
  MountIdentity other = kWanted;
  other.digest = "abd";
  EXPECT_EQ(judge({"mediafs-fuse-0-53", kept_name_of_memory(other)}, kTable, kWanted),
            LastMount::other_options);
  other.hand_over_bytes = 409;
  EXPECT_EQ(judge({"mediafs-fuse-0-53", kept_name_of_memory(other)}, kTable, kWanted),
            LastMount::another_version);
  EXPECT_EQ(judge({"mediafs-fuse-0-53"}, kTable, kWanted), LastMount::another_version);
}

TEST(KeptMount, IsTakenByNoStartWithoutASupervisor) {
  EXPECT_EQ(judge({"mediafs-fuse-0-53", kept_name_of_memory(kWanted)}, kTable, std::nullopt),
            LastMount::other_options);
}

}  // namespace
}  // namespace mediafs
