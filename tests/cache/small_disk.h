// A small file system in memory, where this process may mount one.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "mediafs/base/unique_fd.h"

namespace mediafs {

/// Of 8 MiB, in a namespace of its thread's own: whatever becomes of the test, nothing stays mounted.
class SmallDisk {
 public:
  SmallDisk() {
    ::mkdtemp(folder_.data());
    mounted_ = ::unshare(CLONE_NEWNS) == 0 &&
               ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=8m,mode=0700") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
    ::rmdir(folder_.c_str());
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] bool may_write(bool allowed) const {
    const unsigned long flags = allowed ? MS_REMOUNT : MS_REMOUNT | MS_RDONLY;
    return ::mount("tmpfs", folder_.c_str(), "tmpfs", flags, "size=8m,mode=0700") == 0;
  }
  /// Takes all room but for so many bytes.
  void leave_room(off_t bytes) const {
    give_room_back();
    const auto free = static_cast<off_t>(std::filesystem::space(folder_).available);
    const UniqueFd fd(::open(path("ballast").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    ASSERT_EQ(::posix_fallocate(fd.get(), 0, free - bytes), 0);
  }
  void give_room_back() const { ::unlink(path("ballast").c_str()); }

 private:
  std::string folder_ = testing::TempDir() + "mediafs-disk-XXXXXX";
  bool mounted_ = false;
};

}  // namespace mediafs
