#include "cache/ownership.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string_view>

#include <fmt/format.h>

#include "cache/file_io.h"
#include "mediafs/base/parent_directories.h"

namespace mediafs {

namespace {

constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;
constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

constexpr std::string_view kControlSocket = "control";  // of the server that has the cache open

struct Unsuitable {
  unsigned long type;
  const char* name;
};
constexpr std::array<Unsuitable, 7> kUnsuitable{{{0x6969, "NFS"},
                                                 {0x517B, "SMB"},
                                                 {0xFE534D42, "SMB2"},
                                                 {0xFF534D42, "CIFS"},
                                                 {0x01021997, "9p"},
                                                 {0x794c7630, "overlay"},
                                                 {0x65735546, "FUSE"}}};

Error refused(std::string reason) {
  return Error{Errc::denied, std::move(reason)};
}

template <typename Look>
Status for_each_name(int directory, const Look& look) {
  const int own = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);  // its place is its own
  DIR* const opened = own < 0 ? nullptr : ::fdopendir(own);
  if (opened == nullptr) return system_error("the cache directory");
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(opened, [](DIR* done) { return ::closedir(done); });
  while (const dirent* const entry = ::readdir(entries.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (Status checked = look(name); !checked) return checked;
  }
  return ok_status();
}

Status check_owner(const std::string& path, const struct stat& status) {
  if (status.st_uid == ::geteuid()) return ok_status();
  return refused(fmt::format("{} belongs to user {} and not to user {}, who runs this", path, status.st_uid,
                             ::geteuid()));
}

Status check_not_writable(const std::string& path, const struct stat& status) {
  if ((status.st_mode & kOthersWrite) == 0) return ok_status();
  return refused(
      fmt::format("others may write to {} (mode {:04o}): chmod 700 {}", path, status.st_mode & 07777, path));
}

/// The directory around the caches may be read by others, as a mkdir(1) without further thought leaves it; a
/// cache's own may not, and is closed to them.
enum class Kind { around_caches, cache };

Status check_own(const std::string& path, int fd, Kind kind) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return system_error(path);
  if (Status owned = check_owner(path, status); !owned) return owned;
  if (Status closed = check_not_writable(path, status); !closed) return closed;
  if (kind == Kind::around_caches || (status.st_mode & kOthers) == 0) return ok_status();
  return ::fchmod(fd, 0700) == 0 ? ok_status() : system_error(path);
}

/// Not for others to write, whatever the umask.
Status make_parents(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST) return ok_status();
  if (errno != ENOENT || path == path.parent_path()) return system_error(path.string());
  if (Status made = make_parents(path.parent_path()); !made) return made;
  return ::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST ? ok_status() : system_error(path.string());
}

Result<UniqueFd> open_directory(int above, const std::string& name, const std::string& path, Kind kind) {
  if (::mkdirat(above, name.c_str(), 0700) != 0 && errno != EEXIST) return system_error(path);
  UniqueFd fd(::openat(above, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd && (errno == ELOOP || errno == ENOTDIR))
    return refused(path + " is no directory, or a link to one");
  if (!fd) return system_error(path);
  if (Status checked = check_own(path, fd.get(), kind); !checked) return checked.error();
  return fd;
}

Status check_file(int directory, const std::string& name) {
  struct stat status{};
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? ok_status() : system_error(name);
  }
  if (S_ISSOCK(status.st_mode) && name == kControlSocket && status.st_uid == ::geteuid()) return ok_status();
  if (!S_ISREG(status.st_mode)) return refused(fmt::format("'{}' in the cache is not a regular file", name));
  if (status.st_uid != ::geteuid()) {
    return refused(fmt::format("'{}' in the cache belongs to user {}", name, status.st_uid));
  }
  if (status.st_nlink != 1) return refused(fmt::format("'{}' in the cache has another name as well", name));
  if ((status.st_mode & kOthers) != 0) {
    return refused(fmt::format("'{0}' in the cache is open to others (mode {1:04o}): chmod 600 {0}", name,
                               status.st_mode & 07777));
  }
  return ok_status();
}

}  // namespace

Result<UniqueFd> own_directory(const std::string& path) {
  const std::filesystem::path inner(path);
  const std::filesystem::path outer = inner.parent_path();
  if (Status made = make_parents(outer.parent_path()); !made) return made.error();
  if (Status checked = check_parent_directories(outer, "the cache"); !checked) return checked.error();
  const UniqueFd above(::open(outer.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!above) return system_error(outer.parent_path().string());
  const auto outer_fd = open_directory(above.get(), outer.filename(), outer, Kind::around_caches);
  if (!outer_fd) return outer_fd.error();
  return open_directory(outer_fd->get(), inner.filename(), inner, Kind::cache);
}

Status check_files(int directory) {
  return for_each_name(directory, [&](const std::string& name) { return check_file(directory, name); });
}

const char* unsuitable_filesystem(long type) {
  for (const Unsuitable& one : kUnsuitable) {
    if (one.type == (static_cast<unsigned long>(type) & 0xFFFFFFFF)) return one.name;
  }
  return nullptr;
}

Status check_filesystem(int directory) {
  struct statfs status{};
  if (::fstatfs(directory, &status) != 0) return system_error("the cache directory");
  const char* const name = unsuitable_filesystem(status.f_type);
  if (name == nullptr) return ok_status();
  return refused(
      fmt::format("the cache directory is on {}, which does not keep a database safe: give --cache-dir a "
                  "place on a local disk, or --cache-any-fs",
                  name));
}

Status check_cache_place(const std::string& directory, bool any_filesystem) {
  std::filesystem::path there = directory;
  UniqueFd fd;
  // The directory, or what it would be made in.
  while (!(fd = UniqueFd(::open(there.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC))) && errno == ENOENT &&
         there != there.parent_path())
    there = there.parent_path();
  struct stat status{};
  if (!fd || ::fstat(fd.get(), &status) != 0) return system_error(there.string());
  if (Status checked = check_parent_directories(there / "any", "the cache"); !checked) return checked;
  if (there == directory) {
    if (Status owned = check_owner(directory, status); !owned) return owned;
    if (Status closed = check_not_writable(directory, status); !closed) return closed;
  }
  if (::access(there.c_str(), W_OK | X_OK) != 0) return system_error(there.string());
  return any_filesystem ? ok_status() : check_filesystem(fd.get());
}

}  // namespace mediafs
