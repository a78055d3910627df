// `mediafs doctor`: what is in the way of a mount, said without making one.
#include <gmock/gmock.h>

#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

class DoctorTest : public MountTest {
 protected:
  Outcome doctor(Arguments more = {}) {
    Arguments arguments{"doctor",    "--credentials",  credentials(), "--cache-dir",
                        cache_dir(), "--cache-any-fs", api().url(),   mount_point()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = mediafs(arguments);
    EXPECT_THAT(outcome.out, Not(HasSubstr(api_options.api_key)));
    for (const std::string& secret : api_options.secrets) EXPECT_THAT(outcome.out, Not(HasSubstr(secret)));
    EXPECT_FALSE(is_mounted());
    return outcome;
  }
};

TEST_F(DoctorTest, FindsNothingWhereAllIsWell) {
  const Outcome outcome = doctor();
  EXPECT_EQ(outcome.code, 0) << outcome;
  for (const char* part :
       {"ok    fuse", "is an empty directory", "1 shared secret, from ", "ok    limits", "ok    network",
        "ok    clock", "ok    API          the API answers and takes the credentials",
        "nothing is in the way of a mount"})
    EXPECT_THAT(outcome.out, HasSubstr(part));
  EXPECT_TRUE(fs::is_empty(cache_dir())) << "it makes nothing";
}

TEST_F(DoctorTest, FindsWhatAMountWouldEndWith) {
  api_options.secrets = {std::string(40, 'n')};
  const Outcome denied = doctor();
  EXPECT_EQ(denied.code, 5) << denied;
  EXPECT_THAT(denied.out, HasSubstr("BAD   API          the API does not take the credentials"));
  fs::permissions(credentials(), fs::perms(0644));
  const Outcome open = doctor();
  EXPECT_EQ(open.code, 5) << open;
  EXPECT_THAT(open.out, HasSubstr("chmod 600"));
  fs::permissions(credentials(), fs::perms(0600));
  write_file(mount_point() / "file", "");
  const Outcome full = doctor();
  EXPECT_EQ(full.code, 8) << full;
  EXPECT_THAT(full.out, HasSubstr("2 in the way of a mount"));
}

TEST_F(DoctorTest, SaysWhereOnlyAFewWouldSeeTheMount) {
  const Outcome outcome = sh("exec unshare --mount --propagation private $MEDIAFS doctor --credentials " +
                             credentials().string() + " --no-cache " + api().url() + " $M");
  EXPECT_EQ(outcome.code, 0) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr("only processes in it see what is mounted here"));
}

TEST_F(DoctorTest, LooksForCredentialsWhereAMountDoes) {
  extra_environment["XDG_CONFIG_HOME"] = scratch() / "config";
  fs::create_directories(scratch() / "config/mediafs");
  fs::copy_file(credentials(), scratch() / "config/mediafs/credentials");
  const Outcome outcome =
      mediafs({"doctor", "--cache-dir", scratch() / "no/cache/yet", "--cache-any-fs", api().url()});
  EXPECT_EQ(outcome.code, 0) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr("config/mediafs/credentials"));
  EXPECT_THAT(outcome.out, HasSubstr("ok    cache"));
  EXPECT_FALSE(fs::exists(scratch() / "no"));
}

TEST_F(DoctorTest, FindsAMountWhoseServerIsGone) {
  mount({{"--no-supervisor", kSet}});
  kill9();
  const Outcome outcome = mediafs({"doctor", "--credentials", credentials(), api().url(), mount_point()});
  EXPECT_THAT(outcome.out, HasSubstr("doubt mount point"));
  EXPECT_THAT(outcome.out, HasSubstr("its server does not answer"));
}

TEST_F(DoctorTest, FindsOptionsThatAMountWouldRefuse) {
  for (const Arguments& option :
       {Arguments{"--sessions", "/nonexistent"}, Arguments{"--cacert", "/nonexistent"},
        Arguments{"--log-file", "/nonexistent/log"}, Arguments{"--metrics", "99999"}}) {
    const Outcome outcome = doctor(option);
    EXPECT_EQ(outcome.code, 2) << outcome;
    EXPECT_THAT(outcome.out, HasSubstr("BAD   options"));
  }
}

TEST_F(DoctorTest, FindsACacheThatOthersMayWriteTo) {
  fs::permissions(cache_dir(), fs::perms(0777));
  const Outcome outcome = doctor();
  EXPECT_EQ(outcome.code, 0) << outcome;
  EXPECT_THAT(outcome.out,
              HasSubstr("doubt cache        a mount would go on without one: others may write to"));
}

TEST_F(DoctorTest, FindsAnApiThatIsAwayAndOneThatIsNone) {
  const std::string url = api().url();
  stop_api();
  const Outcome away = mediafs({"doctor", "--credentials", credentials(), url});
  EXPECT_EQ(away.code, 4) << away;
  const Outcome none = mediafs({"doctor", "--credentials", credentials()});
  EXPECT_EQ(none.code, 0) << none;
  EXPECT_THAT(none.out, HasSubstr("-     API          no URL is named"));
}

TEST_F(DoctorTest, KnowsAMountThatIsThere) {
  mount();
  const Outcome outcome = mediafs({"doctor", "--credentials", credentials(), api().url(), mount_point()});
  EXPECT_EQ(outcome.code, 0) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr("is mounted: see `mediafs status`"));
}

}  // namespace
}  // namespace mediafs::e2e
