#include "cli/mount_identity.h"

#include <functional>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

std::string digest_of(const MountCommand& command, const std::string& url = "https://h",
                      const std::string& key = "key") {
  Credentials credentials;
  credentials.api_key = SecretString(key);
  return identity_of_mount(command, *BaseUrl::parse(url, /*allow_http=*/false), credentials).digest;
}

TEST(MountIdentity, IsAnotherWhereAnythingDiffersThatOpenFilesOrTheKernelRelyOn) {
  const MountCommand command{.mountpoint = "/mnt", .cache_dir = "/var/cache/x"};
  const std::string before = digest_of(command);
  EXPECT_EQ(digest_of(command), before);
  EXPECT_NE(digest_of(command, "https://g"), before);
  EXPECT_NE(digest_of(command, "https://h", "another"), before);
  const std::vector<std::function<void(MountCommand&)>> changes{
      [](MountCommand& c) { c.mountpoint = "/other"; },
      [](MountCommand& c) { c.allow_other = true; },
      [](MountCommand& c) { c.uid = 1; },
      [](MountCommand& c) { c.gid = 1; },
      [](MountCommand& c) { c.file_mode = 0440; },
      [](MountCommand& c) { c.dir_mode = 0550; },
      [](MountCommand& c) { c.cache_dir = "/var/cache"; },
      [](MountCommand& c) { c.no_cache = true; }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    MountCommand changed = command;
    changes[i](changed);
    EXPECT_NE(digest_of(changed), before) << "change " << i;
  }
}

TEST(MountIdentity, IsTheSameWhateverElseChanges) {
  const MountCommand command{.mountpoint = "/mnt", .cache_dir = "/var/cache/x"};
  MountCommand changed = command;
  changed.deadline = Duration(1);
  changed.memory = 64_MiB;
  changed.log.level = log::Level::debug;
  EXPECT_EQ(digest_of(changed), digest_of(command));
}

}  // namespace
}  // namespace mediafs
