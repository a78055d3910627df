// The cache's disk hangs: what is cached is read from the API meanwhile, and nothing waits for the disk.
#include <fcntl.h>

#include <csignal>

#include "mediafs/base/unique_fd.h"
#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

class SlowDiskTest : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    expect_warnings();  // that this file system has no sockets, so that there is none for the cache commands
    fs::create_directory(root() / "disk");
    fs::permissions(root() / "disk", fs::perms::owner_all);
    disk_ = std::make_unique<Process>(Arguments{kSlowDisk, root() / "disk", cache_dir()});
    ASSERT_TRUE(eventually([&] { return mount_at(cache_dir()).has_value(); }));
  }
  void TearDown() override {
    go_on();
    MountTest::TearDown();
    EXPECT_EQ(disk_->finish(kPatience).code, 0) << "it has been unmounted with everything else";
  }

  void hang() const { disk_->signal(SIGSTOP); }
  void let_syncs_hang() const { disk_->signal(SIGUSR1); }
  void go_on() const {
    disk_->signal(SIGCONT);
    disk_->signal(SIGUSR2);
  }

  /// The media stands in the cache and nowhere else: not in the server's memory, nor do pages of the cache's
  /// files.
  void keep_on_the_disk_alone(const std::vector<std::string>& ids) {
    mount();
    for (const std::string& id : ids) read_whole(id);
    unmount();
    // Pages that are dirty, or mapped by who still syncs them, cannot be dropped.
    ASSERT_TRUE(eventually([&] { return processes_of("mediafs", root()).empty(); }));
    for (const auto& entry : fs::recursive_directory_iterator(cache_dir())) {
      if (!entry.is_regular_file()) continue;
      const UniqueFd file(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC));
      ASSERT_EQ(::fsync(file.get()), 0);
      ASSERT_EQ(::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED), 0);
    }
    mount();
    api().reset();
  }
  [[nodiscard]] bool log_says(const std::string& text) const {
    return eventually([&] { return log().find(text) != std::string::npos; });
  }

  std::unique_ptr<Process> disk_;
};

TEST_F(SlowDiskTest, WhatIsOnAHungDiskIsReadFromTheApi) {
  std::vector<std::string> ids;
  for (int i = 0; i < 12; ++i) ids.push_back(media_of(2'000'000, "on-the-disk-" + std::to_string(100 + i)));
  keep_on_the_disk_alone(ids);
  hang();
  std::vector<std::unique_ptr<Process>> readers;
  for (const std::string& id : ids) readers.push_back(start("sha256sum < $M/" + id));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Outcome outcome = readers[i]->finish(kPatience);
    EXPECT_TRUE(outcome.out.starts_with(origin_sha256(ids[i]))) << outcome << log();
  }
  EXPECT_TRUE(log_says("the cache's disk does not answer"));
  EXPECT_EQ(sh("ls -l $M && stat $M/" + ids.front() + " && stat -f $M").code, 0);
  read_whole(media_of(300'000, "never-seen-before"));
  go_on();
  EXPECT_TRUE(log_says("the cache's disk answers again"));
  for (const std::string& id : ids) drop_pages(id);
  for (const std::string& id : ids) read_whole(id);
}

TEST_F(SlowDiskTest, TheDiskIsUsedAgainWhenItIsBack) {
  const std::string id = media_of(2'000'000, "on-the-disk-alone");
  keep_on_the_disk_alone({id});
  hang();
  read_whole(id);
  go_on();
  ASSERT_TRUE(log_says("the cache's disk answers again"));
  remount();
  api().reset();
  read_whole(id);
  EXPECT_EQ(api().requests_for(id), 0U);
}

TEST_F(SlowDiskTest, ASyncThatHangsHoldsUpNeitherTheEndNorTheNextMount) {
  const std::string id = media_of(2'000'000);
  mount();
  read_whole(id);
  let_syncs_hang();
  ASSERT_EQ(mediafs({"unmount", mount_point()}).code, 0);
  mount();  // the cache is free again
  stop_api();
  drop_pages(id);
  read_whole(id);
}

TEST_F(SlowDiskTest, WithTheApiAwayTheDiskIsWaitedFor) {
  expect_warnings();
  const std::string id = media_of(100'000, "on-the-disk-alone");
  keep_on_the_disk_alone({id});
  stop_api();
  hang();
  const auto reader = start("sha256sum < $M/" + id);
  ASSERT_TRUE(log_says("the cache's disk does not answer"));
  EXPECT_FALSE(reader->ended());
  go_on();
  const Outcome outcome = reader->finish(kPatience);
  EXPECT_TRUE(outcome.out.starts_with(origin_sha256(id))) << outcome << log();
}

}  // namespace
}  // namespace mediafs::e2e
