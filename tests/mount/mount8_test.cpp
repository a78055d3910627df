// The form that mount(8) and /etc/fstab call.
#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

class Mount8 : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    extra_environment["URL"] = api().url();
    extra_environment["OPTIONS"] = "credentials=" + credentials().string() +
                                   ",cache-any-fs,cache-dir=" + cache_dir().string() +
                                   ",log-file=" + (root() / "log").string();
  }

  void expect_it_works(const Outcome& outcome) {
    ASSERT_EQ(outcome.code, 0) << outcome << log();
    ASSERT_TRUE(is_mounted());
    EXPECT_EQ(mount_at(mount_point())->type, "fuse.mediafs");
    read_whole(media_of(100'000));
  }
};

TEST_F(Mount8, SourceMountPointAndOptions) {
  expect_it_works(sh("$MEDIAFS $URL $M -o $OPTIONS"));
}

TEST_F(Mount8, OptionsInSeveralPlaces) {
  expect_it_works(sh("$MEDIAFS -o ro $URL $M -o nosuid,nodev -o $OPTIONS,file-mode=0444"));
  EXPECT_EQ(fs::status(file(media_of(1))).permissions() & fs::perms::mask, fs::perms(0444));
}

TEST_F(Mount8, CalledAsMountMediafs) {
  expect_it_works(sh("ln -s $MEDIAFS $T/mount.mediafs; $T/mount.mediafs $URL $M -o rw,$OPTIONS"));
}

TEST_F(Mount8, TheFlagsOfMountAreAccepted) {
  expect_it_works(sh("ln -s $MEDIAFS $T/mount.mediafs; $T/mount.mediafs $URL $M -s -n -v -o $OPTIONS"));
}

TEST_F(Mount8, GenericOptionsAreAccepted) {
  expect_it_works(
      sh("$MEDIAFS $URL $M -o defaults,rw,ro,nosuid,nodev,noexec,noatime,relatime,async,auto,noauto,user,"
         "nofail,_netdev,x-systemd.automount,x-gvfs-hide,comment=a,$OPTIONS"));
}

TEST_F(Mount8, EveryLongOptionIsOneOfItsOwn) {
  expect_it_works(
      sh("$MEDIAFS $URL $M -o "
         "deadline=5s,negative-ttl=1s,max-unsized=1M,memory=32M,require-signature,allow-other,"
         "uid=1,gid=2,file-mode=0444,dir-mode=0555,log-level=info,log-format=text,$OPTIONS"));
}

TEST_F(Mount8, AnUnknownOptionIsNamed) {
  const Outcome outcome = sh("$MEDIAFS $URL $M -o $OPTIONS,colour=blue");
  EXPECT_EQ(outcome.code, 2) << outcome;
  EXPECT_NE(outcome.err.find("colour"), std::string::npos) << outcome;
  EXPECT_FALSE(is_mounted());
}

TEST_F(Mount8, FailuresHaveTheSameExitCodes) {
  EXPECT_EQ(sh("$MEDIAFS $URL $M/nowhere -o $OPTIONS").code, 6);
  EXPECT_EQ(sh("$MEDIAFS ftp://127.0.0.1/ $M -o $OPTIONS").code, 3);
}

TEST_F(Mount8, NoSecretStandsInTheMountTable) {
  expect_it_works(sh("$MEDIAFS $URL $M -o $OPTIONS"));
  const Outcome table = sh("cat /proc/self/mountinfo; findmnt $M");
  for (const std::string& secret : {api_options.secrets.front(), api_options.api_key}) {
    EXPECT_EQ(table.out.find(secret), std::string::npos);
  }
}

}  // namespace
}  // namespace mediafs::e2e
