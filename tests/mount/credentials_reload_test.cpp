// A shared secret is rotated while programs read: nobody notices, and nobody mounts anew.
#include <atomic>
#include <thread>

#include "cache_disk.h"
#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

const std::string kOld = "the-old-shared-secret";
const std::string kNew = "the-new-shared-secret";

class CredentialsReload : public MountTest {
 protected:
  CredentialsReload() { api_options.secrets = {kOld}; }

  /// As an editor writes it: by and by, and in its place.
  void write_credentials(const std::vector<std::string>& secrets, const std::string& key = {}) const {
    std::string text = "api_key=" + (key.empty() ? api_options.api_key : key) + "\n";
    for (const std::string& secret : secrets) text += "shared_secret=" + secret + "\n";
    write_file(credentials(), text);
  }
  [[nodiscard]] bool log_says(const std::string& text) const {
    return eventually([&] { return log().find(text) != std::string::npos; });
  }
  void expect_no_secret_in_the_log() const {
    for (const std::string& secret : {kOld, kNew}) EXPECT_EQ(log().find(secret), std::string::npos);
  }
  /// One that nobody has read before.
  Reading read_a_new_one() { return read(media_of(20'000, "new-" + std::to_string(1000 + ++last_))); }

  std::atomic<int> last_ = 0;
};

TEST_F(CredentialsReload, ASecretIsRotatedUnderLoadWithoutAFailedRead) {
  mount();
  std::atomic<int> good = 0;
  std::atomic<int> failed = 0;
  const auto read_on = [&](const std::stop_token& stop) {
    while (!stop.stop_requested()) read_a_new_one().error == 0 ? ++good : ++failed;
  };
  const auto some_are_read = [&] {
    return eventually([&, from = good.load()] { return good >= from + 50; });
  };
  {
    const std::jthread reader(read_on);
    const std::jthread another(read_on);
    ASSERT_TRUE(some_are_read());
    write_credentials({kNew, kOld});
    ASSERT_TRUE(log_says("from now on: 2")) << log();
    ASSERT_TRUE(some_are_read());
    api().set_secrets({kNew});
    ASSERT_TRUE(some_are_read());
    write_credentials({kNew});
    ASSERT_TRUE(log_says("from now on: 1")) << log();
    ASSERT_TRUE(some_are_read());
  }
  EXPECT_EQ(failed, 0) << log();
  expect_no_secret_in_the_log();
}

TEST_F(CredentialsReload, OnAFullDiskTheCachesKeysFollowOnceThereIsRoom) {
  CacheDisk disk;
  if (!disk.put_at(cache_dir(), "8M")) GTEST_SKIP() << "no tmpfs can be mounted here";
  expect_warnings();
  const std::string id = media_of(20'000);
  const auto stats = [&] {
    return mediafs(
        {"cache", "stats", "--cache-dir", cache_dir().string(), "--credentials", credentials().string()});
  };
  api().set_secrets({kOld, kNew});
  mount();
  read_whole(id);
  EXPECT_NE(sh("cat /dev/zero > " + (cache_dir() / "ballast").string()).code, 0) << "it is full";
  write_credentials({kNew});
  EXPECT_TRUE(log_says("stay under the old secret")) << log();
  EXPECT_EQ(stats().code, 0) << "the server has it open";
  fs::remove(cache_dir() / "ballast");
  EXPECT_TRUE(log_says("are under the new secret now")) << log();
  unmount();
  EXPECT_EQ(stats().code, 0);
}

TEST_F(CredentialsReload, ABadFileLeavesTheOldSecretsInUseUntilThereIsAGoodOne) {
  expect_warnings();
  mount();
  EXPECT_EQ(read_a_new_one().error, 0);
  write_file(credentials(), "api_key=sandbox-key\nshared_sec");
  ASSERT_TRUE(log_says("is refused")) << log();
  EXPECT_EQ(read_a_new_one().error, 0);
  write_credentials({kNew}, "another-key");
  ASSERT_TRUE(log_says("takes a remount")) << log();
  EXPECT_EQ(read_a_new_one().error, 0);
  write_credentials({kNew});
  api().set_secrets({kNew});
  ASSERT_TRUE(log_says("from now on: 1")) << "a good one counts again: " << log();
  EXPECT_EQ(read_a_new_one().error, 0);
  expect_no_secret_in_the_log();
}

}  // namespace
}  // namespace mediafs::e2e
