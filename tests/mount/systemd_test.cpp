// What is shipped for systemd, under a booted one.
#include <thread>

#include <gmock/gmock.h>

#include "booted_system.h"

namespace mediafs::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

class Systemd : public BootedSystemTest {
 protected:
  bool is_active() { return property("ActiveState") == "active" && property("SubState") == "running"; }
  [[nodiscard]] std::string server() const {
    return inside("pgrep --parent $(systemctl show --value --property=MainPID mediafs@test)").out;
  }
  [[nodiscard]] Outcome read_inside(const std::string& id) const { return inside("sha256sum < $M/" + id); }
  void expect_readable(const std::string& id) const {
    const Outcome outcome = read_inside(id);
    EXPECT_THAT(outcome.out, HasSubstr(origin_sha256(id))) << outcome << journal();
  }
};

TEST_F(Systemd, TheServiceMountsWhereTheWholeMachineSeesIt) {
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  EXPECT_TRUE(eventually([&] { return property("StatusText").starts_with("API "); }))
      << property("StatusText");
  expect_readable(media_of(1'000));
  EXPECT_EQ(inside("findmnt --noheadings --output FSTYPE $M").out, "fuse.mediafs\n");
  EXPECT_EQ(inside("systemctl stop mediafs@test").code, 0);
  EXPECT_NE(inside("findmnt $M").code, 0) << "stopped, it is mounted no more";
  EXPECT_EQ(property("Result"), "success");
}

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

TEST_F(Systemd, ARotatedSecretIsReadAtTheNextRequest) {
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  expect_readable(media_of(1'000));
  const std::string secret(40, 'n');
  ASSERT_EQ(inside("echo shared_secret=" + secret + " >> /etc/mediafs/credentials").code, 0);
  ASSERT_TRUE(
      eventually([&] { return journal().find("shared secrets from now on: 2") != std::string::npos; }));
  api_options.secrets = {secret};
  restart_api();
  expect_readable(media_of(2'000));
  EXPECT_EQ(journal("--priority=warning").find("401"), std::string::npos) << "no request has failed";
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

TEST_F(Systemd, TheJournalHasPrioritiesAndOneTime) {
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  api_options.secrets = {std::string(40, 'n')};
  restart_api();
  EXPECT_NE(read_inside(media_of(1'000)).code, 0);
  const std::string warnings = journal("--priority=warning --output=cat");
  EXPECT_THAT(warnings, HasSubstr("credentials")) << journal();
  EXPECT_THAT(warnings, Not(HasSubstr("mounted")));
  const std::string all = journal("--output=cat");
  EXPECT_THAT(all, HasSubstr("\nmounted"));
  EXPECT_THAT(all, Not(HasSubstr("info:")));
  EXPECT_THAT(all, Not(HasSubstr("<6>")));
}

TEST_F(Systemd, WhatAnotherStartCannotMendIsNotStartedAgainAndTheStatusSaysWhy) {
  struct Fault {
    const char* made_by;
    const char* status;
    const char* says;
  };
  SKIP_IF_NOT_BOOTED();
  for (const Fault& fault :
       {Fault{"chmod 0644 /etc/mediafs/credentials", "5", "chmod 600"},
        {"chmod 0600 /etc/mediafs/credentials; sed -i s/^url.*/url=nowhere/ $C", "3", "URL"},
        {"sed -i s/^url.*/colour=blue/ $C", "2", "there is no option 'colour'"},
        {"sed -i s#^colour.*#url=https://h# $C; rmdir $M", "6", "/srv/media"},
        {"touch $M", "7", "not a directory"},
        {"rm $M; mkdir -p $M/in", "8", "not empty"}}) {
    EXPECT_NE(
        inside(std::string("C=") + kConfig + "; " + fault.made_by + "; systemctl start mediafs@test").code,
        0);
    EXPECT_EQ(property("ExecMainStatus"), fault.status);
    EXPECT_EQ(property("ActiveState"), "failed");
    EXPECT_EQ(property("NRestarts"), "0");
    EXPECT_THAT(property("StatusText"), HasSubstr(fault.says));
    EXPECT_THAT(inside("systemctl status mediafs@test || true").out, HasSubstr(fault.says));
    EXPECT_THAT(journal("--priority=err --output=cat"), HasSubstr(fault.says));
  }
}

TEST_F(Systemd, ASecretThatIsNotTakenIsSaidAtTheStartAndLaterInTheStatus) {
  const std::vector<std::string> good = api_options.secrets;
  api_options.secrets = {std::string(40, 'n')};
  SKIP_IF_NOT_BOOTED();
  EXPECT_NE(inside("systemctl start mediafs@test").code, 0);
  EXPECT_EQ(property("ExecMainStatus"), "5");
  EXPECT_THAT(property("StatusText"), HasSubstr("does not take the credentials"));
  api_options.secrets = good;
  restart_api();
  ASSERT_NO_FATAL_FAILURE(start_service());
  api_options.secrets = {std::string(40, 'n')};
  restart_api();
  EXPECT_NE(read_inside(media_of(1'000)).code, 0);
  EXPECT_TRUE(eventually([&] { return property("StatusText").find("API denied") != std::string::npos; }));
  stop_api();
  EXPECT_EQ(inside("mediafs status --json $M | grep -c denied").out, "1\n");
}

TEST_F(Systemd, TheStatusSaysThatTheApiIsAwayOrThrottles) {
  configure("deadline = 2s");
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  stop_api();
  EXPECT_NE(read_inside(media_of(1'000)).code, 0);
  EXPECT_TRUE(eventually([&] { return property("StatusText").starts_with("API down"); }))
      << property("StatusText");
  api_options.rate_limit = 1;
  api();
  for (int i = 0; i < 3; ++i)
    static_cast<void>(read_inside(media_of(1'000, "throttled-" + std::to_string(i))));
  EXPECT_TRUE(eventually([&] { return property("StatusText").starts_with("API throttled"); }))
      << property("StatusText");
  EXPECT_THAT(property("StatusText"), Not(HasSubstr("throttled-")));
}

TEST_F(Systemd, AnApiThatIsAwayAtTheStartIsTriedAgain) {
  SKIP_IF_NOT_BOOTED();
  stop_api();
  EXPECT_NE(inside("systemctl start mediafs@test").code, 0);
  EXPECT_THAT(property("StatusText"), HasSubstr("cannot be reached"));
  api();
  EXPECT_TRUE(eventually([&] { return is_active(); })) << journal();
  expect_readable(media_of(1'000));
}

TEST_F(Systemd, WhereNobodyWouldSeeTheMountTheServiceIsRefused) {
  install_drop_in("PrivateTmp=yes");
  SKIP_IF_NOT_BOOTED();
  EXPECT_NE(inside("systemctl start mediafs@test").code, 0);
  EXPECT_EQ(property("ExecMainStatus"), "13");
  EXPECT_EQ(property("NRestarts"), "0");
  EXPECT_THAT(property("StatusText"), HasSubstr("PrivateTmp="));
}

TEST_F(Systemd, WhatIsShippedIsHardenedAndHasNoMistake) {
  SKIP_IF_NOT_BOOTED();
  const Outcome verified = inside("systemd-analyze verify mediafs@test.service srv-media.mount");
  EXPECT_EQ(verified.code, 0) << verified;
  EXPECT_EQ(verified.out + verified.err, "");
  const Outcome exposure = inside("systemd-analyze security --no-pager --threshold=45 mediafs@test.service");
  EXPECT_EQ(exposure.code, 0) << exposure;
}

TEST_F(Systemd, SeveralMountsAreServicesOfTheirOwn) {
  SKIP_IF_NOT_BOOTED();
  ASSERT_EQ(inside("mkdir /srv/other; sed s#/srv/media#/srv/other# /etc/mediafs/test.conf > "
                   "/etc/mediafs/other.conf; echo cache-dir=/var/cache/other >> /etc/mediafs/other.conf; "
                   "systemctl start mediafs@test mediafs@other")
                .code,
            0)
      << journal();
  const std::string id = media_of(1'000);
  EXPECT_EQ(inside("systemctl stop mediafs@test; cmp $M/" + id + " /srv/other/" + id).code, 2);
  EXPECT_THAT(inside("sha256sum < /srv/other/" + id).out, HasSubstr(origin_sha256(id)));
}

TEST_F(Systemd, AMountUnitAndALineOfFstabMountToo) {
  SKIP_IF_NOT_BOOTED();
  const std::string id = media_of(1'000);
  const std::string url = api().url();
  ASSERT_EQ(
      inside("sed -i 's#^What=.*#What=" + url +
             "#; s#media.conf#test.conf#' "
             "/etc/systemd/system/srv-media.mount; systemctl daemon-reload; systemctl start srv-media.mount")
          .code,
      0)
      << inside("journalctl --no-pager -u srv-media.mount").out;
  expect_readable(id);
  EXPECT_EQ(inside("systemctl stop srv-media.mount; findmnt $M").code, 1);
  ASSERT_EQ(
      inside("rm /etc/systemd/system/srv-media.mount; echo '" + url +
             " /srv/media fuse.mediafs config=/etc/mediafs/test.conf,nofail,_netdev 0 0' >> /etc/fstab; "
             "systemctl daemon-reload; systemctl start srv-media.mount")
          .code,
      0)
      << inside("journalctl --no-pager -u srv-media.mount").out;
  expect_readable(id);
}

}  // namespace
}  // namespace mediafs::e2e
