// What keeps a mount from being made, each with its documented exit code and one message that helps.
#include <sys/stat.h>

#include <algorithm>

#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

class ExitCode : public MountTest {
 protected:
  /// One line for people, naming what is wrong, and nothing of the credentials.
  void expect(const Outcome& outcome, int code, const std::string& words) {
    EXPECT_EQ(outcome.code, code) << outcome;
    EXPECT_NE(outcome.err.find(words), std::string::npos) << outcome;
    EXPECT_EQ(outcome.err.find(api_options.secrets.front()), std::string::npos) << outcome;
    EXPECT_EQ(outcome.err.find(api_options.api_key), std::string::npos) << outcome;
  }

  /// `mediafs COMMAND` as a user who has not mounted anything here.
  [[nodiscard]] Outcome as_nobody(const std::string& command) const {
    return sh(
        "install -m 0755 $MEDIAFS $T/mediafs; chmod 0711 $T $T/..; "
        "setpriv --reuid 65534 --regid 65534 --clear-groups $T/mediafs " +
        command);
  }

  void expect_no_mount() {
    EXPECT_FALSE(is_mounted());
    EXPECT_TRUE(servers_end());
  }
};

TEST_F(ExitCode, NoArguments) {
  EXPECT_EQ(mediafs({}).code, 2);
}

TEST_F(ExitCode, HelpAndVersionSucceed) {
  for (const char* option : {"--help", "--version"}) {
    const Outcome outcome = mediafs({option});
    EXPECT_EQ(outcome.code, 0) << outcome;
    EXPECT_NE(outcome.out, "");
  }
  EXPECT_NE(mediafs({"mount", "--help"}).out.find("--credentials"), std::string::npos);
}

TEST_F(ExitCode, UnknownOption) {
  expect(try_mount({{"--colour", "blue"}}), 2, "--colour");
}
TEST_F(ExitCode, BadDuration) {
  expect(try_mount({{"--deadline", "soon"}}), 2, "deadline");
}
TEST_F(ExitCode, DurationWithoutAUnit) {
  expect(try_mount({{"--deadline", "5"}}), 2, "deadline");
}
TEST_F(ExitCode, BadSize) {
  expect(try_mount({{"--memory", "lots"}}), 2, "memory");
}
TEST_F(ExitCode, ACacheOfNoSize) {
  expect(try_mount({{"--cache-size", "0"}}), 2, "--no-cache");
}
TEST_F(ExitCode, BadMode) {
  expect(try_mount({{"--file-mode", "0999"}}), 2, "file-mode");
}
TEST_F(ExitCode, BadLogLevel) {
  expect(try_mount({{"--log-level", "loud"}}), 2, "log-level");
}

TEST_F(ExitCode, ALogFileThatIsNoFileOfOursAlone) {
  fs::create_symlink(root() / "elsewhere", root() / "link");
  expect(try_mount({{"--log-file", root() / "link"}}), 2, "is a symbolic link");
  expect(try_mount({{"--log-file", "/dev/null"}}), 2, "is no regular file");
  fs::create_directory(root() / "open");
  fs::permissions(root() / "open", fs::perms(0777));
  expect(try_mount({{"--log-file", root() / "open/log"}}), 2, "chmod go-w " + (root() / "open").string());
  expect_no_mount();
}

TEST_F(ExitCode, ApiUnreachableAndNothingCached) {
  expect_warnings();
  api();
  stop_api();
  expect(try_mount(), 4, "127.0.0.1");
  expect_no_mount();
}

TEST_F(ExitCode, ApiUnreachableButSomethingCachedMounts) {
  expect_warnings();
  const std::string id = media_of(100'000);
  mount();
  read_whole(id);
  unmount();
  stop_api();
  mount();
  read_whole(id);
  EXPECT_NE(log().find("warning"), std::string::npos) << log();
}

TEST_F(ExitCode, MountPointMissing) {
  expect(try_mount({}, {}, root() / "nowhere"), 6, "nowhere");
  expect_no_mount();
}

TEST_F(ExitCode, MountPointNotADirectory) {
  expect(try_mount({}, {}, write_file(root() / "a-file", "")), 7, "a-file");
  expect_no_mount();
}

TEST_F(ExitCode, MountPointNotEmpty) {
  write_file(mount_point() / "something", "");
  expect(try_mount(), 8, mount_point());
  expect_no_mount();
}

TEST_F(ExitCode, MountPointIsAMountAlready) {
  mount();
  const Outcome outcome = try_mount({{"--cache-dir", root() / "cache2"}});
  expect(outcome, 9, mount_point());
  expect(outcome, 9, api().url());
  read_whole(media_of(1'000));
}

TEST_F(ExitCode, MountPointIsAMountOfSomethingElse) {
  ASSERT_EQ(sh("mount -t tmpfs none $M").code, 0);
  expect(try_mount(), 9, mount_point());
  expect(try_mount(), 9, "tmpfs");
  EXPECT_EQ(sh("umount $M").code, 0);
}

TEST_F(ExitCode, MountPointInsideTheCache) {
  fs::create_directory(cache_dir() / "mnt");
  expect(try_mount({}, {}, cache_dir() / "mnt"), 10, "cache");
  expect_no_mount();
}

TEST_F(ExitCode, CacheInsideTheMountPoint) {
  expect(try_mount({{"--cache-dir", mount_point() / "cache"}}), 10, "cache");
  expect(try_mount({{"--cache-dir", mount_point()}}), 10, "cache");
  expect_no_mount();
}

TEST_F(ExitCode, CacheInsideTheMountPointThroughALink) {
  fs::create_directory_symlink(mount_point(), root() / "link");
  expect(try_mount({{"--cache-dir", root() / "link" / "cache"}}), 10, "cache");
  expect_no_mount();
}

TEST_F(ExitCode, CacheInUseByAnotherServer) {
  mount();
  fs::create_directory(root() / "second");
  const Outcome outcome = try_mount({}, {}, root() / "second");
  expect(outcome, 14, "cache");
  expect(outcome, 14, ", which serves " + mount_point().string());
  const auto said = outcome.err.find("mediafs (");
  ASSERT_NE(said, std::string::npos) << outcome;
  const std::vector<pid_t> ours = servers();
  const pid_t named = std::stoi(outcome.err.substr(said + 9));
  EXPECT_NE(std::find(ours.begin(), ours.end(), named), ours.end()) << outcome;
  read_whole(media_of(1'000));
}

TEST_F(ExitCode, CacheInUseByAnotherServerIsBypassedOnRequest) {
  expect_warnings();
  mount();
  const std::string id = media_of(1'000);
  read_whole(id);
  const fs::path second = root() / "second";
  fs::create_directory(second);
  const Outcome outcome = try_mount({{"--cache-shared", "bypass"}}, {}, second);
  EXPECT_EQ(outcome.code, 0) << outcome;
  EXPECT_NE(outcome.err.find("going on without a cache: another server has this cache"), std::string::npos)
      << outcome;
  EXPECT_NE(log().find("going on without a cache: another server has this cache"), std::string::npos)
      << log();
  EXPECT_EQ(sh("cmp $M/" + id + " " + (second / id).string()).code, 0);
  EXPECT_EQ(mediafs({"unmount", second}).code, 0);
}

TEST_F(ExitCode, ACacheThatOthersCouldWriteToIsNotUsedAndTheMountSaysWhy) {
  expect_warnings();
  fs::permissions(cache_dir(), fs::perms(0777));
  const Outcome outcome = try_mount();
  EXPECT_EQ(outcome.code, 0) << outcome;
  EXPECT_NE(outcome.err.find("chmod 700 " + cache_dir().string()), std::string::npos) << outcome;
  EXPECT_NE(log().find("chmod 700 "), std::string::npos) << log();
  read_whole(media_of(1'000));
  EXPECT_TRUE(fs::is_empty(cache_dir()));
}

TEST_F(ExitCode, UnmountOfWhatIsNoMount) {
  expect(mediafs({"unmount", mount_point()}), 15, mount_point());
}
TEST_F(ExitCode, UnmountOfWhatIsMissing) {
  EXPECT_EQ(mediafs({"unmount", root() / "nowhere"}).code, 15);
}

TEST_F(ExitCode, UnmountOfAnotherFileSystem) {
  ASSERT_EQ(sh("mount -t tmpfs none $M").code, 0);
  expect(mediafs({"unmount", mount_point()}), 15, mount_point());
  EXPECT_TRUE(is_mounted());
  EXPECT_EQ(sh("umount $M").code, 0);
}

TEST_F(ExitCode, UnmountWhileBusy) {
  mount();
  read_whole(media_of(1'000));
  const auto holder = start("exec 9< $M/" + media_of(1'000) + "; echo > $T/holds; exec sleep 100");
  ASSERT_TRUE(eventually([&] { return fs::exists(scratch() / "holds"); }));
  const Outcome outcome = mediafs({"unmount", mount_point()});
  expect(outcome, 16, mount_point());
  expect(outcome, 16, " (" + std::to_string(holder->pid()) + ")");
  ASSERT_TRUE(is_mounted());
  read_whole(media_of(1'000));
  holder->signal(9);
  ASSERT_TRUE(holder->wait_for(kPatience));
}

TEST_F(ExitCode, AnotherUsersMountIsNotTheirsToUnmountOrUpgrade) {
  mount();
  for (const char* command : {"unmount $M", "unmount --lazy $M", "upgrade $M"})
    expect(as_nobody(command), 20, mount_point().string() + " belongs to root");
  read_whole(media_of(1'000));
}

TEST_F(ExitCode, AnotherUsersMountTellsThemNothing) {
  mount();
  for (const char* command : {"status $M", "status --check $M", "status --json $M"}) {
    const Outcome outcome = as_nobody(command);
    expect(outcome, 20, mount_point().string() + " is another user's: only they and root may ask");
    EXPECT_EQ(outcome.out, "");
  }
}

TEST_F(ExitCode, AnotherUsersCacheIsNotTheirsToLookInto) {
  mount();
  unmount();
  ASSERT_EQ(sh("install -d -m 0755 -o 65534 $T/theirs-home; "
               "install -m 0600 -o 65534 $T/../credentials $T/theirs-home/credentials")
                .code,
            0);
  const std::string command = "cache stats --credentials $T/theirs-home/credentials --cache-dir $T/../cache";
  expect(as_nobody(command), 20, cache_dir().string() + " belongs to root");
  fs::permissions(cache_dir(), fs::perms(0755));
  expect(as_nobody(command), 20, " belongs to root");
}

TEST_F(ExitCode, MountPointMayBeALink) {
  fs::create_directory_symlink(mount_point(), root() / "link");
  EXPECT_EQ(try_mount({}, {}, root() / "link").code, 0);
  EXPECT_TRUE(is_mounted());
  EXPECT_EQ(mediafs({"unmount", root() / "link"}).code, 0);
  EXPECT_FALSE(is_mounted());
}

TEST_F(ExitCode, MountPointMayHaveOddCharacters) {
  const fs::path odd = root() / "a b,c\\d\"é";
  fs::create_directory(odd);
  const Outcome outcome = try_mount({}, {}, odd);
  EXPECT_EQ(outcome.code, 0) << outcome;
  EXPECT_TRUE(fs::exists(odd / media_of(1'000)));
  EXPECT_EQ(mediafs({"unmount", odd}).code, 0);
}

}  // namespace
}  // namespace mediafs::e2e
