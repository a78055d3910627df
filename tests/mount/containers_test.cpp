// A container that is given the mount reads it as the machine outside does.
#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

class Containers : public MountTest {
 protected:
  const std::string id_ = media_of(3'000'000);

  void SetUp() override {
    MountTest::SetUp();
    mount();
  }

  void expect_sums(const Outcome& outcome) {
    EXPECT_EQ(outcome.code, 0) << outcome << log();
    EXPECT_NE(outcome.out.find(origin_sha256(id_)), std::string::npos) << outcome;
    EXPECT_EQ(api().requests_for(id_), 1U);
  }
};

class Podman : public Containers {
 protected:
  void SetUp() override {
    Containers::SetUp();
    if (sh("command -v podman runc busybox").code != 0)
      GTEST_SKIP() << "podman, runc or busybox is not installed";
    ASSERT_EQ(sh("mkdir -p $T/root/{bin,media,proc,dev,sys,etc,run,tmp}; cp $(command -v busybox) "
                 "$T/root/bin/busybox")
                  .code,
              0);
    const Outcome trial = podman("true");
    if (trial.code != 0)
      GTEST_SKIP() << "podman cannot make a container here, as in a bare chroot: " << trial.err;
  }

  /// A busybox applet with the mount at /media. Everything that podman keeps goes with the test.
  Outcome podman(const std::string& command) {
    return sh(
        "exec podman --root $T/storage --runroot $T/run --tmpdir $T/tmp --runtime runc run --rm --network "
        "none "
        "--ulimit nofile=1024:1024 --ulimit nproc=1000:1000 --volume $M:/media:ro,rslave "
        "--rootfs $T/root /bin/busybox " +
        command);
  }
};

TEST_F(Podman, Reads) {
  expect_sums(podman("sha256sum /media/" + id_));
}

TEST_F(Podman, ListsWhatIsKnown) {
  ASSERT_EQ(stat_error(id_), 0);
  EXPECT_NE(podman("ls /media").out.find(id_), std::string::npos);
}

TEST_F(Podman, CannotWrite) {
  EXPECT_NE(podman("touch /media/a.new.file").err.find("Read-only"), std::string::npos);
}

class Bubblewrap : public Containers {
 protected:
  void SetUp() override {
    Containers::SetUp();
    if (sh("command -v bwrap").code != 0) GTEST_SKIP() << "bubblewrap is not installed";
    const Outcome trial = bwrap("true");
    if (trial.code != 0)
      GTEST_SKIP() << "bubblewrap cannot make a container here, as in a bare chroot: " << trial.err;
  }

  Outcome bwrap(const std::string& command) {
    // Of the machine the programs alone: of all of it, mounts of others that go just then would be a failure.
    return sh(
        "exec bwrap --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 "
        "/lib64 "
        "--dev /dev --proc /proc --ro-bind $M /mnt/media --unshare-pid --die-with-parent " +
        command);
  }
};

TEST_F(Bubblewrap, Reads) {
  expect_sums(bwrap("sha256sum /mnt/media/" + id_));
}

TEST_F(Bubblewrap, CannotWrite) {
  EXPECT_NE(bwrap("touch /mnt/media/a.new.file").err.find("Read-only"), std::string::npos);
}

TEST_F(Bubblewrap, AnOrdinaryUserReadsWithAllowOther) {
  unmount();
  mount({{"--allow-other", kSet}, {"--file-mode", "0444"}, {"--dir-mode", "0555"}});
  ASSERT_EQ(sh("chmod 0755 $T/..").code, 0);
  expect_sums(sh("setpriv --reuid 65534 --regid 65534 --clear-groups sha256sum $M/" + id_));
}

}  // namespace
}  // namespace mediafs::e2e
