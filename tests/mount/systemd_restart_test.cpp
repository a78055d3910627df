// A service that is restarted, stopped, reloaded or killed, under a booted systemd.
#include <thread>

#include "systemd_fixture.h"

namespace mediafs::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(Systemd, KilledAsAWholeItServesAgainAndStaysAndTheReaderNoticesNothing) {
  install_drop_in("TimeoutStartSec=2s");
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  ASSERT_NO_FATAL_FAILURE(start_reader(media_of(8_MiB)));
  const std::string before = property("MainPID");
  // It fails where a process has ended by the time that it is its turn.
  static_cast<void>(inside("systemctl kill --kill-who=all --signal=KILL mediafs@test"));
  EXPECT_TRUE(eventually([&] { return is_active() && property("MainPID") != before; })) << journal();
  const std::string after = property("MainPID");
  std::this_thread::sleep_for(std::chrono::seconds(4));  // twice what a start may take
  EXPECT_TRUE(is_active()) << journal();
  EXPECT_EQ(property("MainPID"), after);
  EXPECT_EQ(property("NRestarts"), "1");
  stop_reader();
}

TEST_F(Systemd, RestartedItKeepsTheMountAndTheReaderNoticesNothing) {
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  ASSERT_NO_FATAL_FAILURE(start_reader(media_of(8_MiB)));
  const std::string device = "stat --format=%d $M";
  const std::string mounted = inside(device).out;
  for (int i = 0; i < 3; ++i) {
    const Outcome restarted = inside("systemctl restart mediafs@test");
    EXPECT_EQ(restarted.code, 0) << restarted << journal();
  }
  EXPECT_EQ(inside(device).out, mounted) << journal();
  stop_reader();
  EXPECT_EQ(inside("systemctl stop mediafs@test").code, 0);
  EXPECT_NE(inside("findmnt $M").code, 0);
}

TEST_F(Systemd, RestartedWithAnotherMountsOptionsItMountsAnew) {
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  expect_readable(media_of(1'000));
  const Outcome restarted =
      inside("echo allow-other >> /etc/mediafs/test.conf; systemctl restart mediafs@test");
  EXPECT_EQ(restarted.code, 0) << restarted << journal();
  EXPECT_THAT(inside("findmnt --noheadings --output FS-OPTIONS $M").out, HasSubstr("allow_other"));
  expect_readable(media_of(1'000));
  EXPECT_EQ(inside("systemctl stop mediafs@test").code, 0);
  EXPECT_NE(inside("findmnt $M").code, 0);
}

TEST_F(Systemd, RestartedWithAnotherMountPointItLeavesNothingAtTheOldOne) {
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  const Outcome restarted = inside(
      "mkdir /srv/other; sed -i s#/srv/media#/srv/other# /etc/mediafs/test.conf; "
      "systemctl restart mediafs@test");
  EXPECT_EQ(restarted.code, 0) << restarted << journal();
  EXPECT_NE(inside("findmnt $M").code, 0);
  const std::string id = media_of(1'000);
  EXPECT_THAT(inside("sha256sum < /srv/other/" + id).out, HasSubstr(origin_sha256(id))) << journal();
  EXPECT_THAT(journal(), HasSubstr("another place"));
}

TEST_F(Systemd, RestartedWithAnothersMountPointItIsRefusedAndTheOthersMountStays) {
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  ASSERT_NO_FATAL_FAILURE(start_other());
  EXPECT_NE(inside("cp /etc/mediafs/test.conf /run/before; "
                   "sed -i s#/srv/media#/srv/other# /etc/mediafs/test.conf; systemctl restart mediafs@test")
                .code,
            0);
  EXPECT_EQ(property("ExecMainStatus"), "9") << journal();
  static_cast<void>(inside("systemctl stop mediafs@test"));
  const std::string id = media_of(1'000);
  EXPECT_THAT(inside("sha256sum < /srv/other/" + id).out, HasSubstr(origin_sha256(id))) << journal();
  EXPECT_NE(inside("findmnt $M").code, 0) << "its own went";
  EXPECT_EQ(inside("cp /run/before /etc/mediafs/test.conf; systemctl start mediafs@test").code, 0)
      << journal();
  expect_readable(id);
}

TEST_F(Systemd, RestartedWithOtherModesOrAnotherCacheItMountsAnew) {
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  const std::string id = media_of(1'000);
  std::size_t times = 0;
  for (const char* option : {"file-mode = 0440", "dir-mode = 0550", "uid = 12", "gid = 34",
                             "cache-dir = /var/cache/other", "no-cache"}) {
    expect_readable(id);
    const Outcome restarted =
        inside(std::string("echo ") + option + " >> /etc/mediafs/test.conf; systemctl restart mediafs@test");
    EXPECT_EQ(restarted.code, 0) << restarted << journal();
    EXPECT_EQ(inside("journalctl --sync; journalctl -u mediafs@test | grep -c 'is of other options'").out,
              std::to_string(++times) + "\n")
        << option << journal();
  }
  expect_readable(id);
  EXPECT_EQ(inside("stat --format='%a %u %g' $M/" + id).out, "440 12 34\n");
  EXPECT_EQ(inside("findmnt --noheadings --list --types fuse.mediafs | wc -l").out, "1\n");
}

TEST_F(Systemd, StoppedWhileItStillLeavesItsMountToARestartItUnmounts) {
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  // A frozen server is waited for.
  ASSERT_EQ(inside("kill -STOP " + server() + "; systemctl restart --no-block mediafs@test").code, 0);
  ASSERT_TRUE(eventually([&] { return journal().find("and the mount stays") != std::string::npos; }));
  EXPECT_EQ(inside("systemctl stop mediafs@test").code, 0);
  EXPECT_THAT(journal(), HasSubstr("the restart has become a stop"));
  EXPECT_NE(inside("findmnt $M").code, 0);
}

TEST_F(Systemd, StoppedBeforeTheNextStartHasTheMountItUnmounts) {
  install_drop_in("ExecStartPre=sh -c 'while [ -e /run/hold ]; do sleep 0.01; done'");
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  ASSERT_EQ(inside("touch /run/hold; systemctl restart --no-block mediafs@test").code, 0);
  ASSERT_TRUE(eventually([&] { return property("SubState") == "start-pre"; })) << journal();
  EXPECT_EQ(inside("findmnt $M").code, 0) << "left to the next start";
  EXPECT_EQ(inside("systemctl stop mediafs@test").code, 0);
  EXPECT_NE(inside("findmnt $M").code, 0) << journal();
}

TEST_F(Systemd, StoppedWithAnothersMountPointInItsFileItLeavesTheOthersMount) {
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  ASSERT_NO_FATAL_FAILURE(start_other());
  EXPECT_EQ(inside("cp /etc/mediafs/other.conf /etc/mediafs/test.conf; systemctl stop mediafs@test").code, 0);
  EXPECT_NE(inside("findmnt $M").code, 0);
  const std::string id = media_of(1'000);
  EXPECT_THAT(inside("sha256sum < /srv/other/" + id).out, HasSubstr(origin_sha256(id))) << journal();
}

TEST_F(Systemd, RestartedWithoutItsProgramItFailsReadersInsteadOfLettingThemWait) {
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  EXPECT_NE(inside("mv /usr/bin/mediafs /usr/bin/mediafs.away; systemctl restart mediafs@test").code, 0);
  EXPECT_EQ(property("ExecMainStatus"), "203") << journal();
  EXPECT_EQ(property("ActiveState"), "failed");
  EXPECT_THAT(inside("ls $M").err, HasSubstr("not connected"));
  ASSERT_EQ(inside("mv /usr/bin/mediafs.away /usr/bin/mediafs; systemctl start mediafs@test").code, 0)
      << journal();
  expect_readable(media_of(1'000));
}

TEST_F(Systemd, RestartedWithAFrozenServerItDoesNotWaitForItsEnd) {
  install_drop_in("TimeoutStopSec=9s");
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  const Outcome restarted = inside("kill -STOP " + server() + "; systemctl restart mediafs@test");
  EXPECT_EQ(restarted.code, 0) << restarted << journal();
  EXPECT_THAT(journal(), Not(HasSubstr("timed out")));
  expect_readable(media_of(1'000));
}

TEST_F(Systemd, RestartedWhereNothingIsKeptItUnmountsAndMountsAnew) {
  install_drop_in("FileDescriptorStoreMax=0");
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  const Outcome restarted = inside("systemctl restart mediafs@test");
  EXPECT_EQ(restarted.code, 0) << restarted << journal();
  EXPECT_THAT(journal("--priority=warning"), HasSubstr("FileDescriptorStoreMax="));
  EXPECT_THAT(journal(), Not(HasSubstr("the mount stays")));
  expect_readable(media_of(1'000));
}

TEST_F(Systemd, WhereTheNextStartFailsForGoodReadersGetAnErrorInsteadOfWaiting) {
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  const auto reader =
      start_inside("exec 5< $M/" + media_of(8_MiB) +
                   "; touch /run/holds; while [ ! -e /run/go ]; do sleep 0.01; done; cat <&5");
  ASSERT_EQ(inside("while [ ! -e /run/holds ]; do sleep 0.01; done").code, 0);
  EXPECT_NE(inside("echo colour=blue >> /etc/mediafs/test.conf; systemctl restart mediafs@test").code, 0);
  EXPECT_EQ(inside("touch /run/go").code, 0);
  EXPECT_NE(reader->finish(kPatience).code, 0);
  EXPECT_THAT(inside("systemctl status mediafs@test || true").out, HasSubstr("there is no option 'colour'"));
  ASSERT_EQ(inside("sed -i /colour/d /etc/mediafs/test.conf; systemctl start mediafs@test").code, 0)
      << journal();
  expect_readable(media_of(1'000));
}

TEST_F(Systemd, ReloadedItPutsAnotherServerToWorkUnderTheReader) {
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  ASSERT_NO_FATAL_FAILURE(start_reader(media_of(8_MiB)));
  const std::string supervisor = property("MainPID");
  const std::string before = server();
  const Outcome reloaded = inside("systemctl reload mediafs@test");
  EXPECT_EQ(reloaded.code, 0) << reloaded << journal();
  EXPECT_NE(server(), before);
  EXPECT_EQ(property("MainPID"), supervisor);
  stop_reader();
}

TEST_F(Systemd, AReloadThatFailsSaysSoAndTheOldServerGoesOn) {
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  const std::string before = server();
  EXPECT_NE(inside("cp /bin/false /usr/bin/mediafs.new && mv /usr/bin/mediafs{,.old} && "
                   "mv /usr/bin/mediafs.new /usr/bin/mediafs && systemctl reload mediafs@test")
                .code,
            0);
  EXPECT_EQ(server(), before);
  EXPECT_TRUE(is_active());
  expect_readable(media_of(1'000));
}

TEST_F(Systemd, WithLoadCredentialARotatedSecretIsReadByARestartUnderTheReader) {
  install_drop_in("LoadCredential=mediafs:/etc/mediafs/credentials");
  install(kConfig, "url = " + api().url() + "\nmountpoint = /srv/media\ncache-any-fs\n");
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  ASSERT_NO_FATAL_FAILURE(start_reader(media_of(8_MiB)));
  const std::string secret(40, 'n');
  ASSERT_EQ(inside("echo shared_secret=" + secret +
                   " >> /etc/mediafs/credentials; "
                   "systemctl restart mediafs@test")
                .code,
            0)
      << journal();
  api_options.secrets = {secret};
  restart_api();
  expect_readable(media_of(2'000));
  stop_reader();
}

TEST_F(Systemd, RestartedIntoAMountNamespaceOfItsOwnItIsRefused) {
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  EXPECT_NE(
      inside("mkdir -p /etc/systemd/system/mediafs@test.service.d; "
             "printf '[Service]\\nPrivateTmp=yes\\n' > /etc/systemd/system/mediafs@test.service.d/x.conf; "
             "systemctl daemon-reload; systemctl restart mediafs@test")
          .code,
      0);
  EXPECT_EQ(property("ExecMainStatus"), "13") << journal();
  EXPECT_THAT(property("StatusText"), HasSubstr("PrivateTmp="));
  ASSERT_EQ(inside("rm -r /etc/systemd/system/mediafs@test.service.d; systemctl daemon-reload; "
                   "systemctl start mediafs@test")
                .code,
            0)
      << journal();
  expect_readable(media_of(1'000));
}

}  // namespace
}  // namespace mediafs::e2e
