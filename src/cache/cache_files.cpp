#include "cache/cache_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>

#include "cache/file_io.h"
#include "cache/ownership.h"
#include "mediafs/base/clock.h"

namespace mediafs {

namespace {

constexpr auto kLockPoll = std::chrono::milliseconds(20);

/// Differs from boot to boot: random(4).
std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

constexpr const char* kDatabases[] = {"catalog", "chunks"};
constexpr std::size_t kMostState = 4096;

/// LMDB's files have no holes, and blocks are only counted once the disk has them.
std::uint64_t bytes_of_file(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

Status take_lock(int fd, Duration wait) {
  const SteadyTime give_up = steady_now() + wait;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return system_error("cache lock");
    if (steady_now() >= give_up) {
      return Error{Errc::unavailable, "another server has this cache, or a cache command"};
    }
    std::this_thread::sleep_for(kLockPoll);  // flock(2) has no time limit of its own
  }
  return ok_status();
}

bool same_file(int a, int b) {
  struct stat first{};
  struct stat second{};
  return ::fstat(a, &first) == 0 && ::fstat(b, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

/// The one of `held` that is the same file, since a lock belongs to what open(2) gave and not to the file:
/// flock(2).
UniqueFd or_held(UniqueFd file, std::span<const int> held) {
  for (const int one : held) {
    if (file && same_file(file.get(), one)) return UniqueFd(::fcntl(one, F_DUPFD_CLOEXEC, 0));
  }
  return file;
}

/// The directory itself is locked as well, so that to delete the lock file does not let a second server in.
Result<UniqueFd> lock_file(int directory, std::span<const int> held, Duration wait) {
  if (Status locked = take_lock(directory, wait); !locked) return locked.error();
  UniqueFd fd = or_held(
      UniqueFd(::openat(directory, "lock", O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600)),
      held);
  if (!fd) return system_error("cache lock");
  if (Status locked = take_lock(fd.get(), wait); !locked) return locked.error();
  return fd;
}

}  // namespace

CacheDirectory::~CacheDirectory() {
  for (const UniqueFd* locked : {&lock_, &directory_}) {
    if (*locked) ::flock(locked->get(), LOCK_UN);
  }
}

Result<CacheDirectory> CacheDirectory::hold(const std::string& path) {
  auto directory = own_directory(path);
  if (!directory) return directory.error();
  auto lock = lock_file(directory->get(), {}, /*wait=*/{});
  if (!lock) return lock.error();
  return CacheDirectory(path, *std::move(directory), *std::move(lock));
}

Result<CacheDirectory> CacheDirectory::open(const std::string& path, bool any_filesystem,
                                            std::span<const int> held, Duration wait) {
  auto directory = own_directory(path);
  if (!directory) return directory.error();
  directory = or_held(*std::move(directory), held);
  if (!any_filesystem) {
    if (Status suitable = check_filesystem(directory->get()); !suitable) return suitable.error();
  }
  if (Status ours = check_files(directory->get()); !ours) return ours.error();
  auto lock = lock_file(directory->get(), held, wait);
  if (!lock) return lock.error();
  return CacheDirectory(path, *std::move(directory), *std::move(lock));
}

Status CacheDirectory::discard_if_power_was_lost() {
  const auto state = read_file(path_ + "/state", kMostState);
  if (!state || *state == "clean\n" || *state == "dirty " + boot_id() + "\n") return ok_status();
  discard_databases();
  std::error_code ignored;
  for (const std::string& path : {catalog_path(), chunks_path()}) {
    if (std::filesystem::exists(path, ignored))
      return Error{Errc::corrupt, "databases that power loss may have torn"};
  }
  return ok_status();
}

Status CacheDirectory::write_state(const std::string& state, Sync sync) {
  const std::string path = path_ + "/state";
  const auto there = read_file(path, kMostState);
  if (there && *there == state) return overwrite_file(path, state, sync);  // its server was killed
  const auto file = replace_file(path, state, sync);
  if (file) return file->durable;
  // A mixture of two marks is neither clean nor of this boot: then the cache is begun anew, as after a loss
  // of power.
  return file.error().code == Errc::no_space ? overwrite_file(path, state, sync) : Status(file.error());
}

Status CacheDirectory::mark_dirty() {
  return write_state("dirty " + boot_id() + "\n", Sync::yes);
}
Status CacheDirectory::mark_clean() {
  return write_state("clean\n", Sync::no);
}

void CacheDirectory::set_aside() {
  std::error_code ignored;
  for (const std::string name : {"keyring", "catalog", "chunks"}) {
    std::filesystem::rename(path_ + "/" + name, path_ + "/" + name + ".bad", ignored);
    std::filesystem::remove(path_ + "/" + name + "-lock", ignored);
  }
}

void CacheDirectory::discard_databases() {
  std::error_code ignored;
  for (const std::string name : kDatabases) {
    std::filesystem::remove_all(path_ + "/" + name, ignored);
    std::filesystem::remove_all(path_ + "/" + name + "-lock", ignored);
  }
  std::filesystem::remove_all(path_ + "/state", ignored);
  std::filesystem::remove_all(path_ + "/key", ignored);  // of format 3 and before
}

Status CacheDirectory::discard_set_aside() {
  std::error_code ignored;
  for (const std::string name : {"catalog", "chunks", "key"}) {
    std::filesystem::remove_all(path_ + "/" + name + ".bad", ignored);
  }
  return wipe_file(keyring_path() + ".bad");
}

std::uint64_t CacheDirectory::bytes_beside_chunks() const {
  return bytes_of_file(catalog_path()) + bytes_of_file(keyring_path());
}

std::uint64_t CacheDirectory::bytes_in(const std::string& directory) {
  std::uint64_t bytes = 0;
  for (const std::string name : {"keyring", "catalog", "chunks"})
    bytes += bytes_of_file((std::filesystem::path(directory) / name).string());
  return bytes;
}

}  // namespace mediafs
