// What is shipped for systemd, under a booted one.
#include "systemd_fixture.h"

namespace mediafs::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

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

TEST_F(Systemd, WithoutASupervisorItIsActiveToo) {
  configure("no-supervisor");
  SKIP_IF_NOT_BOOTED();
  ASSERT_NO_FATAL_FAILURE(start_service());
  EXPECT_EQ(inside("systemctl restart mediafs@test").code, 0);
  expect_readable(media_of(1'000));
  EXPECT_EQ(inside("systemctl stop mediafs@test").code, 0);
  EXPECT_NE(inside("findmnt $M").code, 0);
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

TEST_F(Systemd, EachLineOfAMessageHasItsPriority) {
  SKIP_IF_NOT_BOOTED();
  EXPECT_NE(inside("systemd-run --quiet --unit=x --wait mediafs").code, 0);
  const std::string errors =
      inside("journalctl --sync; journalctl --no-pager --priority=err --output=cat --unit=x").out;
  EXPECT_THAT(errors, HasSubstr("a command is missing"));
  EXPECT_THAT(errors, HasSubstr("unmount")) << "the commands are the message's other lines";
  EXPECT_THAT(errors, Not(HasSubstr("<3>")));
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
  ASSERT_NO_FATAL_FAILURE(start_service());
  ASSERT_NO_FATAL_FAILURE(start_other());
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
