#include "cache/database_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

#include "cache/file_io.h"
#include "cache/meta_page.h"
#include "cache/tree_check.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {

namespace {

constexpr std::size_t kLockFileSize = 40_KiB;  // 64 bytes for each of 512 readers, and a page over

}  // namespace

bool read_at(int fd, std::uint64_t offset, MutableBytes out) {
  while (!out.empty()) {
    const ssize_t count = ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    out = out.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return true;
}

Result<MetaPage> check_database(const std::string& path) {
  // O_NONBLOCK: a FIFO in its place is not waited for.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat file{};
  if (!fd || ::fstat(fd.get(), &file) != 0) return system_error("opening");
  if (!S_ISREG(file.st_mode)) return Error{Errc::denied, "not a regular file"};
  const auto size = static_cast<std::uint64_t>(file.st_size);
  std::vector<std::byte> head(std::min(size, 2 * page_size()));
  if (!read_at(fd.get(), 0, head)) return Error{Errc::corrupt, "it cannot be read"};
  auto meta = sound_meta(head, size, page_size());
  if (!meta) return meta;
  if (Status sound = check_trees(fd.get(), size, page_size(), *meta); !sound) return sound.error();
  return meta;
}

void remove_leftovers(const std::string& path) {
  for (const char* const ending : {"-lock", ".new", ".new-lock"}) ::unlink((path + ending).c_str());
}

Status make_lock_file(const std::string& path) {
  const std::string lock = path + "-lock";
  if (::unlink(lock.c_str()) != 0 && errno != ENOENT) return system_error("lock file");
  const UniqueFd fd(::open(lock.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
  if (!fd) return system_error("lock file");
  const std::vector<std::byte> zeros(kLockFileSize);
  const ssize_t written = ::write(fd.get(), zeros.data(), zeros.size());
  if (written < 0) return system_error("lock file");
  if (static_cast<std::size_t>(written) < zeros.size()) return Error{Errc::no_space, "lock file"};
  return ok_status();
}

Status take_its_place(const std::string& path) {
  ::unlink((path + ".new-lock").c_str());
  if (std::rename((path + ".new").c_str(), path.c_str()) != 0) return system_error("a new database");
  return sync_folder_of(path);
}

Status set_database_aside(const std::string& path) {
  ::unlink((path + "-lock").c_str());
  struct stat file{};
  if (::lstat(path.c_str(), &file) != 0) return errno == ENOENT ? ok_status() : system_error("setting aside");
  const std::string bad = path + ".bad";
  std::error_code ignored;
  std::filesystem::remove_all(bad, ignored);  // a directory would be in the way
  if (std::rename(path.c_str(), bad.c_str()) != 0) return system_error("setting aside");
  return ok_status();
}

}  // namespace mediafs
