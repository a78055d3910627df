#include "cli/argument_list.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

TEST(MountOptions, BecomeLongOptions) {
  EXPECT_EQ(expand_mount_options("allow_other,cache_dir=/a_b,deadline=6s"),
            (Arguments{"--allow-other", "--cache-dir=/a_b", "--deadline=6s"}));
  EXPECT_EQ(expand_mount_options(R"(cacert=/a\,b.pem,uid=5)"), (Arguments{"--cacert=/a,b.pem", "--uid=5"}));
}

TEST(MountOptions, WhatMountAddsForItselfIsLeftOut) {
  EXPECT_EQ(expand_mount_options("rw,ro,nosuid,nodev,_netdev,x-systemd.automount,noauto,user,defaults"),
            Arguments{});
}

TEST(Normalised, TheFormOfMount8IsTheMountCommand) {
  EXPECT_EQ(*normalised("mediafs", {"https://h", "/mnt", "-o", "ro,uid=5"}),
            (Arguments{"mount", "https://h", "/mnt", "--uid=5"}));
  EXPECT_EQ(*normalised("mount.mediafs", {"https://h", "/mnt", "-s", "-v", "-oallow_other"}),
            (Arguments{"mount", "https://h", "/mnt", "--allow-other"}));
  EXPECT_EQ(*normalised("mount.mediafs", {"mount", "unmount"}), (Arguments{"mount", "mount", "unmount"}));
}

TEST(Normalised, AUrlMayStandBehindTheOptionsOfMount8) {
  EXPECT_EQ(*normalised("mediafs", {"-o", "ro,uid=5", "https://h", "/mnt"}),
            (Arguments{"mount", "--uid=5", "https://h", "/mnt"}));
}

TEST(Normalised, WhatIsNoUrlIsNotTakenForASource) {
  for (const char* word : {"foo", "--version", "-h", "/a/dir", "://h", "a/b://h"})
    EXPECT_EQ(*normalised("mediafs", {word}), Arguments{word}) << word;
  EXPECT_EQ(*normalised("mediafs", {"help", "https://h"}), (Arguments{"help", "https://h"}));
}

TEST(WithoutOption, ItGoesInEachForm) {
  EXPECT_EQ(
      without_option("--proxy", {"mount", "--proxy=a", "--proxy", "b", "--proxies", "x", "--", "--proxy"}),
      (Arguments{"mount", "--proxies", "x", "--", "--proxy"}));
  EXPECT_EQ(without_option("--proxy", {"mount", "--proxy"}), Arguments{"mount"});
}

TEST(Normalised, CommandsKeepTheirForm) {
  EXPECT_EQ(*normalised("mediafs", {"mount", "-o", "uid=5", "https://h", "/mnt"}),
            (Arguments{"mount", "--uid=5", "https://h", "/mnt"}));
  EXPECT_EQ(*normalised("mediafs", {"unmount", "/mnt"}), (Arguments{"unmount", "/mnt"}));
  EXPECT_FALSE(normalised("mediafs", {"mount", "-o"}).ok());
}

}  // namespace
}  // namespace mediafs
