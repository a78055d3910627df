// A machine that lacks something, or has something installed, made of a mount namespace of the test's own:
// the real one stays as it is.
#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

/// What the scripts of these tests can use.
constexpr const char* kVerbs = R"(
  set -e -o pipefail
  ARGS="--credentials $T/../credentials --cache-any-fs --cache-dir $T/../cache --log-file $T/../log"
  OPTIONS=credentials=$T/../credentials,cache-any-fs,cache-dir=$T/../cache,log-file=$T/../log
  over() {  # makes a folder of the system writable without touching it
    mkdir -p $T/over$1/{new,work}
    mount -t overlay overlay -o lowerdir=$1,upperdir=$T/over$1/new,workdir=$T/over$1/work $1
  }
  admit_nobody() {  # the test's files and /dev/fuse, which not every machine opens to all
    cp $MEDIAFS $T/mediafs
    mknod -m 0666 $T/fuse c 10 229
    mount --bind $T/fuse /dev/fuse
    chown -R 65534:65534 $T/..
  }
  nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
  )";

class OwnNamespace : public MountTest {
 protected:
  /// Runs `script` in a namespace where `change` was made before; what it mounts goes with it.
  Outcome in_namespace(const std::string& change, const std::string& script) {
    expect_warnings();  // that nobody else sees the mount
    extra_environment["URL"] = api().url();
    write_file(scratch() / "script", kGiveUpCopies + kVerbs + change + "\ntouch $T/changed\n" + script);
    return sh("exec unshare --mount --propagation private bash $T/script");
  }

  [[nodiscard]] bool was_possible() const { return fs::exists(scratch() / "changed"); }
};

#define SKIP_IF_IMPOSSIBLE(outcome) \
  if (!was_possible()) GTEST_SKIP() << "such a mount namespace cannot be made here: " << (outcome).err

TEST_F(OwnNamespace, WithoutDevFuse) {
  const Outcome outcome = in_namespace("mount -t tmpfs none /dev", "$MEDIAFS mount $ARGS $URL $M");
  SKIP_IF_IMPOSSIBLE(outcome);
  EXPECT_EQ(outcome.code, 11) << outcome;
  EXPECT_NE(outcome.err.find("/dev/fuse"), std::string::npos) << outcome;
}

TEST_F(OwnNamespace, WithoutFusermountAsAnOrdinaryUser) {
  const Outcome outcome = in_namespace("over /usr/bin; rm /usr/bin/fusermount3; admit_nobody",
                                       "nobody $T/mediafs mount $ARGS $URL $M");
  SKIP_IF_IMPOSSIBLE(outcome);
  EXPECT_EQ(outcome.code, 12) << outcome;
  EXPECT_NE(outcome.err.find("fusermount3"), std::string::npos) << outcome;
}

/// Their own process is named, and that there are others which they may not look into.
TEST_F(OwnNamespace, ABusyMountOfAnOrdinaryUserNamesWhoHoldsIt) {
  const Outcome outcome = in_namespace("admit_nobody", R"(
    nobody $T/mediafs mount $ARGS $URL $M
    mkfifo $T/holds
    chown 65534 $T/holds
    nobody bash -c "cd $M; echo \$\$ > $T/holds; exec sleep 100" &
    pid=$(cat $T/holds)
    code=0; nobody $T/mediafs unmount $M || code=$?
    kill $pid; wait $! || :
    nobody $T/mediafs unmount $M
    echo $pid
    exit $code)");
  SKIP_IF_IMPOSSIBLE(outcome);
  EXPECT_EQ(outcome.code, 16) << outcome;
  const std::string pid = outcome.out.substr(0, outcome.out.find('\n'));
  EXPECT_NE(outcome.err.find(" (" + pid + ")"), std::string::npos) << outcome;
  EXPECT_NE(outcome.err.find("that you may not look into"), std::string::npos) << outcome;
}

TEST_F(OwnNamespace, AllowOtherForAnOrdinaryUserThatTheSystemForbids) {
  const Outcome outcome = in_namespace("over /etc; : > /etc/fuse.conf; admit_nobody",
                                       "nobody $T/mediafs mount $ARGS --allow-other $URL $M");
  SKIP_IF_IMPOSSIBLE(outcome);
  EXPECT_EQ(outcome.code, 13) << outcome;
  EXPECT_NE(outcome.err.find("user_allow_other"), std::string::npos) << outcome;
}

TEST_F(OwnNamespace, AnOrdinaryUserMountsReadsAndUnmounts) {
  const Outcome outcome = in_namespace("admit_nobody", R"(
    nobody $T/mediafs mount $ARGS $URL $M
    nobody cat $M/gen-1000-0123456789abcdef | wc -c
    nobody stat -c '%u %a' $M/gen-1000-0123456789abcdef
    nobody $T/mediafs unmount $M)");
  SKIP_IF_IMPOSSIBLE(outcome);
  EXPECT_EQ(outcome.code, 0) << outcome << log();
  EXPECT_EQ(outcome.out, "1000\n65534 400\n");
}

TEST_F(OwnNamespace, TypeMediafsCallsTheHelper) {
  const Outcome outcome = in_namespace("over /usr/sbin; ln -s $MEDIAFS /usr/sbin/mount.mediafs", R"(
    mount -t mediafs -o ro,nosuid,nodev,_netdev,$OPTIONS $URL $M
    cat $M/gen-1000-0123456789abcdef | wc -c
    findmnt -n -o FSTYPE $M
    umount $M)");
  SKIP_IF_IMPOSSIBLE(outcome);
  EXPECT_EQ(outcome.code, 0) << outcome << log();
  EXPECT_EQ(outcome.out, "1000\nfuse.mediafs\n");
}

TEST_F(OwnNamespace, TypeFuseMediafsFindsTheProgramItself) {
  const Outcome outcome = in_namespace("over /usr/bin; ln -s $MEDIAFS /usr/bin/mediafs", R"(
    mount -t fuse.mediafs -o ro,nosuid,$OPTIONS $URL $M
    cat $M/gen-1000-0123456789abcdef | wc -c
    umount $M)");
  SKIP_IF_IMPOSSIBLE(outcome);
  EXPECT_EQ(outcome.code, 0) << outcome << log();
  EXPECT_EQ(outcome.out, "1000\n");
}

TEST_F(OwnNamespace, ALineOfFstabIsEnough) {
  const Outcome outcome = in_namespace("over /usr/sbin; ln -s $MEDIAFS /usr/sbin/mount.mediafs", R"(
    echo "$URL $M mediafs defaults,noauto,nofail,_netdev,x-systemd.automount,$OPTIONS 0 0" > $T/fstab
    mount --fstab $T/fstab $M
    cat $M/gen-1000-0123456789abcdef | wc -c
    umount $M)");
  SKIP_IF_IMPOSSIBLE(outcome);
  EXPECT_EQ(outcome.code, 0) << outcome << log();
  EXPECT_EQ(outcome.out, "1000\n");
}

TEST_F(OwnNamespace, AnotherUserIsKeptOutWithoutAllowOther) {
  const Outcome outcome = in_namespace("chmod 0755 $T/..", R"(
    $MEDIAFS mount $ARGS $URL $M
    stat $M/gen-1000-0123456789abcdef > /dev/null
    nobody ls $M 2> $T/refused && exit 5
    grep -q 'Permission denied' $T/refused
    umount $M)");
  SKIP_IF_IMPOSSIBLE(outcome);
  EXPECT_EQ(outcome.code, 0) << outcome << log();
}

TEST_F(OwnNamespace, AMountThatNobodyElseSeesIsWarnedOf) {
  for (const std::string option : {"", "--no-supervisor"}) {
    const Outcome outcome = in_namespace("", "$MEDIAFS mount " + option + " $ARGS $URL $M; umount $M");
    SKIP_IF_IMPOSSIBLE(outcome);
    EXPECT_EQ(outcome.code, 0) << outcome << log();
    EXPECT_NE(log().find("only processes in that namespace see it"), std::string::npos) << log();
    fs::remove(root() / "log");
  }
}

/// Its name led to the API when it was mounted.
TEST_F(OwnNamespace, ANameThatComesToLeadToAMetadataServiceIsAnErrorWithoutARetry) {
  expect_warnings();
  extra_environment["ID"] = media_of(1'000);
  extra_environment["NAMED"] = "http://api.example.test:" + std::to_string(api().port());
  const Outcome outcome = in_namespace(
      "cp /etc/hosts $T/hosts; echo 127.0.0.1 api.example.test >> $T/hosts; mount --bind $T/hosts /etc/hosts",
      R"($MEDIAFS mount $ARGS --log-level debug --allow-http $NAMED $M
         echo 169.254.169.254 api.example.test > $T/hosts
         cat $M/$ID 2>&1 || true
         $MEDIAFS unmount $M)");
  SKIP_IF_IMPOSSIBLE(outcome);
  EXPECT_EQ(outcome.code, 0) << outcome << log();
  EXPECT_NE(outcome.out.find("Input/output error"), std::string::npos) << outcome;
  EXPECT_NE(log().find("a link-local address or a metadata service"), std::string::npos) << log();
  EXPECT_EQ(log().find("again in"), std::string::npos) << log();
  EXPECT_EQ(api().total_requests(), 0U);
}

}  // namespace
}  // namespace mediafs::e2e
