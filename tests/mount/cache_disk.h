// A disk of its own for a cache.
#pragma once

#include <sys/mount.h>

#include <filesystem>
#include <string>

namespace mediafs::e2e {

/// In memory, where this process may mount one; gone with this.
class CacheDisk {
 public:
  CacheDisk() = default;
  ~CacheDisk() {
    if (!place_.empty()) ::umount2(place_.c_str(), MNT_DETACH);
  }
  CacheDisk(const CacheDisk&) = delete;
  CacheDisk& operator=(const CacheDisk&) = delete;

  /// False where that is not allowed.
  bool put_at(const std::filesystem::path& place, const std::string& size) {
    std::filesystem::create_directories(place);
    const std::string options = "mode=0700,size=" + size;
    if (::mount("tmpfs", place.c_str(), "tmpfs", 0, options.c_str()) != 0) return false;
    place_ = place;
    return true;
  }

 private:
  std::filesystem::path place_;
};

}  // namespace mediafs::e2e
