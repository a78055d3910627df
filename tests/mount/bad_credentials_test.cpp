// Where credentials come from, what is refused, and that no request goes out without good ones.
#include <sys/stat.h>

#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

const std::string kKey = "api_key=sandbox-key\n";
const std::string kSecret = "shared_secret=sandbox-secret\n";

class CredentialsFile : public MountTest {
 protected:
  void expect_refused(const MountOptions& changes = {}) {
    const Outcome outcome = try_mount(changes);
    EXPECT_EQ(outcome.code, 5) << outcome;
    EXPECT_NE(outcome.err, "");
    EXPECT_EQ(outcome.err.find("sandbox-secret"), std::string::npos) << outcome;
    EXPECT_EQ(outcome.err.find("sandbox-key"), std::string::npos) << outcome;
    EXPECT_FALSE(is_mounted());
    EXPECT_EQ(api().total_requests(), 0U);
  }
};

const std::map<std::string, std::string> kBadContents = {
    {"Empty", ""},
    {"OnlyLineEnds", "\r\n\r\n"},
    {"NoSecret", kKey},
    {"NoKey", kSecret},
    {"EmptyKey", "api_key=\n" + kSecret},
    {"EmptySecret", kKey + "shared_secret=\n"},
    {"TwoKeys", kKey + kKey + kSecret},
    {"UnknownLine", kKey + kSecret + "sandbox-secret\n"},
    {"UnknownName", kKey + kSecret + "password=sandbox-secret\n"},
    {"NulByte", kKey + "shared_secret=a" + std::string(1, '\0') + "b\n"},
    {"ByteOrderMark", "\xEF\xBB\xBF" + kKey + kSecret},
    {"Exported", "export " + kKey + kSecret},
    {"Colons", "api_key: sandbox-key\nshared_secret: sandbox-secret\n"},
    {"BlankInTheMiddle", kKey + "shared_secret=a b\n"},
    {"CarriageReturnInTheMiddle", kKey + "shared_secret=a\rb\n"},
    {"Binary",
     "\x7f"
     "ELF\x02\x01\x01"},
    {"TenMebibytes", kKey + kSecret + std::string(10 << 20, '#')}};

TEST_F(CredentialsFile, OfBadContentIsRefusedWithoutARequest) {
  for (const auto& [name, text] : kBadContents) {
    SCOPED_TRACE(name);
    write_file(credentials(), text);
    expect_refused();
  }
}

/// Carriage returns, remarks, empty lines and blanks at the ends; the secret first, and no end of the last
/// line.
TEST_F(CredentialsFile, AsPeopleAndTheirEditorsWriteItWorks) {
  write_file(credentials(), "\n# mine\nshared_secret=sandbox-secret\t\r\n\n\r\napi_key=sandbox-key  ");
  mount();
  read_whole(media_of(1'000));
}

TEST_F(CredentialsFile, QuotesAndBlanksAroundTheEqualsSignAreLeftOut) {
  write_file(credentials(), "api_key = \"sandbox-key\"\nshared_secret ='sandbox-secret'\n");
  mount();
  read_whole(media_of(1'000));
}

TEST_F(CredentialsFile, AKeyThatCannotBeOneIsAWarningAtTheMount) {
  const Outcome outcome = try_mount();
  EXPECT_EQ(outcome.code, 0) << outcome;
  EXPECT_NE(outcome.err.find("warning: credentials: the API key is no UUID"), std::string::npos) << outcome;
  EXPECT_EQ(outcome.err.find("sandbox"), std::string::npos) << outcome;
}

TEST_F(CredentialsFile, TheNextSecretIsTriedWhenOneIsRefused) {
  write_file(credentials(), kKey + "shared_secret=the-new-one\n" + kSecret);
  mount();
  read_whole(media_of(1'000));
  EXPECT_LE(api().requests_for(media_of(1'000)), 2U);
}

TEST_F(CredentialsFile, Missing) {
  expect_refused({{"--credentials", root() / "nowhere"}});
}
TEST_F(CredentialsFile, ADirectory) {
  expect_refused({{"--credentials", scratch()}});
}

TEST_F(CredentialsFile, AFifoIsRefusedAndNotWaitedFor) {
  ASSERT_EQ(::mkfifo((root() / "fifo").c_str(), 0600), 0);
  expect_refused({{"--credentials", root() / "fifo"}});
}

TEST_F(CredentialsFile, ASymbolicLink) {
  fs::create_symlink(credentials(), root() / "link");
  expect_refused({{"--credentials", root() / "link"}});
}

TEST_F(CredentialsFile, OthersMayReadIt) {
  for (const int mode : {0644, 0640, 0604, 0660, 0620}) {
    fs::permissions(credentials(), fs::perms(mode));
    expect_refused();
  }
}

TEST_F(CredentialsFile, ItsOwnerMayKeepItReadOnly) {
  fs::permissions(credentials(), fs::perms(0400));
  mount();
  read_whole(media_of(1'000));
}

TEST_F(CredentialsFile, SomebodyElsesIsRefused) {
  ASSERT_EQ(::chown(credentials().c_str(), 65534, 65534), 0);
  expect_refused();
}

TEST_F(CredentialsFile, NoneAtAllIsRefused) {
  expect_refused({{"--credentials", kAbsent}});
}

TEST_F(CredentialsFile, SystemdsDirectoryIsTakenWithoutAnOption) {
  write_file(root() / "systemd/mediafs", kKey + kSecret, fs::perms(0400));
  extra_environment["CREDENTIALS_DIRECTORY"] = root() / "systemd";
  mount({{"--credentials", kAbsent}});
  read_whole(media_of(1'000));
}

TEST_F(CredentialsFile, TheEnvironmentIsTakenLast) {
  extra_environment["MEDIAFS_API_KEY"] = "sandbox-key";
  extra_environment["MEDIAFS_SHARED_SECRET"] = "sandbox-secret";
  mount({{"--credentials", kAbsent}});
  read_whole(media_of(1'000));
}

/// By the servers, by the watch for another secret, and by the cache commands.
TEST_F(CredentialsFile, TheUsersOwnIsFoundByItself) {
  const fs::path own = write_file(root() / "config/mediafs/credentials", kKey + kSecret);
  mount({{"--credentials", kAbsent}});
  read_whole(media_of(1'000));
  EXPECT_EQ(mediafs({"cache", "stats", "--cache-dir", cache_dir()}).code, 0);
  api().set_secrets({"the-new-one"});
  write_file(own, kKey + "shared_secret=the-new-one\n");
  ASSERT_TRUE(
      eventually([&] { return log().find("the credentials file has changed") != std::string::npos; }));
  read_whole(media_of(2'000));
}

TEST_F(CredentialsFile, TheUsersOwnDoesNotReplaceTheEnvironmentInALaterServer) {
  expect_warnings();
  write_file(root() / "config/mediafs/credentials", "api_key=not-the-one\nshared_secret=not-the-one\n");
  extra_environment["MEDIAFS_API_KEY"] = "sandbox-key";
  extra_environment["MEDIAFS_SHARED_SECRET"] = "sandbox-secret";
  mount({{"--credentials", kAbsent}});
  read_whole(media_of(1'000));
  EXPECT_EQ(mediafs({"upgrade", mount_point()}).code, 0);
  read_whole(media_of(2'000));
}

TEST_F(CredentialsFile, HalfOfTheEnvironmentIsRefused) {
  extra_environment["MEDIAFS_API_KEY"] = "sandbox-key";
  expect_refused({{"--credentials", kAbsent}});
}

TEST_F(CredentialsFile, TheOptionGoesBeforeTheEnvironment) {
  extra_environment["MEDIAFS_API_KEY"] = "not-the-one";
  extra_environment["MEDIAFS_SHARED_SECRET"] = "not-the-one";
  mount();
  read_whole(media_of(1'000));
}

TEST_F(CredentialsFile, NoOptionTakesASecret) {
  for (const char* option : {"--api-key", "--shared-secret", "--secret", "--key"}) {
    EXPECT_EQ(try_mount({{option, "sandbox-secret"}}).code, 2) << option;
  }
}

}  // namespace
}  // namespace mediafs::e2e
