// The mount as ls, df and those who would write to it see it.
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "mediafs/base/unique_fd.h"
#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

const std::string kId = media_of(300'000);

struct Change {
  const char* name;
  std::function<int(const std::string& mount, const std::string& file)> attempt;
};

int open_for(const std::string& path, int flags) {
  const UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  return fd ? 0 : -1;
}

const Change kChanges[] = {
    {"Write", [](auto&, auto& file) { return open_for(file, O_WRONLY); }},
    {"ReadAndWrite", [](auto&, auto& file) { return open_for(file, O_RDWR); }},
    {"Append", [](auto&, auto& file) { return open_for(file, O_WRONLY | O_APPEND); }},
    {"TruncateAtOpen", [](auto&, auto& file) { return open_for(file, O_WRONLY | O_TRUNC); }},
    {"Create", [](auto& mount, auto&) { return open_for(mount + "/a.new.file", O_CREAT | O_WRONLY); }},
    {"Temporary", [](auto& mount, auto&) { return open_for(mount, O_TMPFILE | O_RDWR); }},
    {"Truncate", [](auto&, auto& file) { return ::truncate(file.c_str(), 0); }},
    {"Unlink", [](auto&, auto& file) { return ::unlink(file.c_str()); }},
    {"Rename", [](auto& mount, auto& file) { return ::rename(file.c_str(), (mount + "/b").c_str()); }},
    {"Link", [](auto& mount, auto& file) { return ::link(file.c_str(), (mount + "/b").c_str()); }},
    {"Symlink", [](auto& mount, auto&) { return ::symlink("a", (mount + "/b").c_str()); }},
    {"Mkdir", [](auto& mount, auto&) { return ::mkdir((mount + "/b").c_str(), 0700); }},
    {"Mknod",
     [](auto& mount, auto&) { return ::mknod((mount + "/b").c_str(), S_IFIFO | 0600, makedev(0, 0)); }},
    {"Chmod", [](auto&, auto& file) { return ::chmod(file.c_str(), 0600); }},
    {"ChmodOfTheRoot", [](auto& mount, auto&) { return ::chmod(mount.c_str(), 0700); }},
    {"Chown", [](auto&, auto& file) { return ::chown(file.c_str(), 1, 1); }},
    {"Utimes", [](auto&, auto& file) { return ::utimes(file.c_str(), nullptr); }},
    {"Setxattr", [](auto&, auto& file) { return ::setxattr(file.c_str(), "user.a", "b", 1, 0); }},
    {"Removexattr", [](auto&, auto& file) { return ::removexattr(file.c_str(), "user.a"); }},
    {"AccessForWriting", [](auto&, auto& file) { return ::access(file.c_str(), W_OK); }},
};

using ReadOnly = MountTest;

TEST_F(ReadOnly, EveryChangeIsRefusedAndCostsNothing) {
  mount();
  read_whole(kId);
  const auto before = api().total_requests();
  for (const Change& change : kChanges) {
    errno = 0;
    EXPECT_EQ(change.attempt(mount_point(), file(kId)), -1) << change.name;
    EXPECT_EQ(errno, EROFS) << change.name << ": " << std::strerror(errno);
  }
  EXPECT_EQ(api().total_requests(), before);
  EXPECT_EQ(read(kId).bytes.size(), 300'000U);
}

class Attributes : public MountTest {
 protected:
  struct stat status_of(const fs::path& path) {
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path << ": " << std::strerror(errno);
    return status;
  }

  std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(mount_point())) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
};

TEST_F(Attributes, AFileIsItsOwnersToReadAndNobodyElses) {
  mount();
  const struct stat status = status_of(file(kId));
  EXPECT_EQ(status.st_mode, static_cast<mode_t>(S_IFREG | 0400));
  EXPECT_EQ(status.st_uid, ::getuid());
  EXPECT_EQ(status.st_gid, ::getgid());
  EXPECT_EQ(status.st_nlink, 1U);
  EXPECT_EQ(status.st_size, 300'000);
  EXPECT_EQ(status.st_blocks, (300'000 + 511) / 512);
  EXPECT_GE(status.st_blksize, 128 * 1024);
}

TEST_F(Attributes, ADirectoryIsItsOwnersToListAndNobodyElses) {
  mount();
  const struct stat status = status_of(mount_point());
  EXPECT_EQ(status.st_mode, static_cast<mode_t>(S_IFDIR | 0500));
  EXPECT_EQ(status.st_uid, ::getuid());
}

TEST_F(Attributes, OptionsSayOtherwise) {
  mount({{"--file-mode", "0444"}, {"--dir-mode", "0555"}, {"--uid", "1234"}, {"--gid", "2345"}});
  const struct stat status = status_of(file(kId));
  EXPECT_EQ(status.st_mode, static_cast<mode_t>(S_IFREG | 0444));
  EXPECT_EQ(status.st_uid, 1234U);
  EXPECT_EQ(status.st_gid, 2345U);
  EXPECT_EQ(status_of(mount_point()).st_mode, static_cast<mode_t>(S_IFDIR | 0555));
}

TEST_F(Attributes, NumberAndTimeSurviveARemount) {
  mount();
  const struct stat before = status_of(file(kId));
  remount();
  const struct stat after = status_of(file(kId));
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_EQ(before.st_mtime, after.st_mtime);
  EXPECT_GT(before.st_mtime, 0);
}

TEST_F(Attributes, TheKernelKnowsTheMountAsReadOnlyAndHarmless) {
  mount();
  const auto entry = mount_at(mount_point());
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->type, "fuse.mediafs");
  for (const char* option : {"ro", "nosuid", "nodev", "noexec", "default_permissions"}) {
    EXPECT_NE(("," + entry->options + ",").find(std::string(",") + option + ","), std::string::npos)
        << entry->options;
  }
  EXPECT_EQ(entry->options.find("allow_other"), std::string::npos) << entry->options;
}

TEST_F(Attributes, StatfsTellsLimits) {
  mount();
  struct statvfs status{};
  ASSERT_EQ(::statvfs(mount_point().c_str(), &status), 0);
  EXPECT_GE(status.f_namemax, 128U);
  EXPECT_GT(status.f_bsize, 0U);
  EXPECT_TRUE(status.f_flag & ST_RDONLY);
  EXPECT_EQ(sh("df $M").code, 0);
}

TEST_F(Attributes, AccessFollowsTheMode) {
  mount();
  EXPECT_EQ(::access(file(kId).c_str(), R_OK), 0);
  EXPECT_EQ(::access(file(kId).c_str(), X_OK), -1);
  EXPECT_EQ(errno, EACCES);
}

TEST_F(Attributes, AWritableMappingIsRefused) {
  mount();
  const UniqueFd fd(::open(file(kId).c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(fd);
  EXPECT_EQ(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0), MAP_FAILED);
  EXPECT_EQ(errno, EACCES);
}

TEST_F(Attributes, AFileIsNoDirectoryAndADirectoryNoFile) {
  mount();
  ASSERT_EQ(stat_error(kId), 0);
  EXPECT_EQ(stat_error(kId + "/below"), ENOTDIR);
  EXPECT_EQ(read(".").error, EISDIR);
}

TEST_F(Attributes, TheRootListsWhatIsKnown) {
  expect_warnings();
  mount();
  const std::vector<std::string> ids{media_of(1), media_of(2), media_of(3)};
  for (const std::string& id : ids) ASSERT_EQ(stat_error(id), 0);
  ASSERT_EQ(stat_error(kUnknownId), ENOENT);
  const auto listed = names();
  for (const std::string& id : ids) EXPECT_EQ(std::count(listed.begin(), listed.end(), id), 1) << id;
  EXPECT_EQ(std::count(listed.begin(), listed.end(), kUnknownId), 0);
}

TEST_F(Attributes, WhatIsKnownSurvivesARemount) {
  mount();
  for (const std::uint64_t size : {1U, 2U, 3U}) read_whole(media_of(size));
  const auto before = names();
  remount();
  EXPECT_EQ(names(), before);
}

TEST_F(Attributes, AThousandKnownFilesAreListedOnceEach) {
  mount();
  const Outcome made =
      sh("cd $M; for i in $(seq 1000 1999); do echo gen-$i-0123456789abcdef; done | xargs stat -c %n | sort "
         "> $T/asked");
  ASSERT_EQ(made.code, 0) << made;
  const Outcome listed = sh("ls -U $M | grep gen- | sort | diff - $T/asked");
  EXPECT_EQ(listed.code, 0) << listed;
}

}  // namespace
}  // namespace mediafs::e2e
