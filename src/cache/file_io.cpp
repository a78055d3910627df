#include "cache/file_io.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace mediafs {

Error system_error(std::string_view doing) {
  const int code = errno;
  Errc errc = Errc::internal;
  if (code == ENOSPC || code == EDQUOT) errc = Errc::no_space;
  if (code == EACCES || code == EPERM || code == EROFS) errc = Errc::denied;
  return Error{errc, std::strerror(code)}.in(doing);  // NOLINT(concurrency-mt-unsafe): glibc's is per thread
}

std::string name_of(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

Result<std::string> read_file(const std::string& path, std::size_t most) {
  // Without waiting, should it be a FIFO.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return errno == ENOENT ? Error{Errc::not_found, name_of(path)} : system_error(name_of(path));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return system_error(name_of(path));
  if (!S_ISREG(status.st_mode)) return Error{Errc::corrupt, name_of(path) + " is not a regular file"};
  if (static_cast<std::uint64_t>(status.st_size) > most) {
    return Error{Errc::too_large, name_of(path)};
  }
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t length = 0;
  while (length < content.size()) {
    const ssize_t count = ::read(fd.get(), content.data() + length, content.size() - length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(name_of(path));
    if (count == 0) break;
    length += static_cast<std::size_t>(count);
  }
  content.resize(length);
  return content;
}

Status write_at(int fd, std::string_view content, std::uint64_t offset) {
  while (!content.empty()) {
    const ssize_t written = ::pwrite(fd, content.data(), content.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written == 0) errno = ENOSPC;
    if (written <= 0) return system_error("writing");
    content.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return ok_status();
}

Result<ReplacedFile> replace_file(const std::string& path, std::string_view content, Sync sync) {
  const std::string temporary = path + ".new";
  static_cast<void>(wipe_file(temporary).ok());  // left behind by a kill
  UniqueFd fd(::open(temporary.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return system_error(name_of(path));
  Status done = write_at(fd.get(), content, 0);
  if (done && sync == Sync::yes && ::fsync(fd.get()) != 0) done = system_error("syncing");
  if (done && ::rename(temporary.c_str(), path.c_str()) != 0) done = system_error("renaming");
  if (!done) {
    static_cast<void>(wipe_file(temporary).ok());  // keys may stand in it
    return std::move(done).error().in(name_of(path));
  }
  return ReplacedFile{std::move(fd), sync == Sync::yes ? sync_folder_of(path) : ok_status()};
}

Status overwrite_file(const std::string& path, std::string_view content, Sync sync) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return system_error(name_of(path));
  if (Status written = write_at(fd.get(), content, 0); !written)
    return std::move(written).error().in(name_of(path));
  const bool cut = ::ftruncate(fd.get(), static_cast<off_t>(content.size())) == 0;
  if (!cut || (sync == Sync::yes && ::fsync(fd.get()) != 0)) return system_error(name_of(path));
  return ok_status();
}

Status sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const UniqueFd directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) return system_error("the cache directory");
  return ok_status();
}

Status wipe_file(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0)
    return errno == ENOENT ? ok_status() : Status(system_error(name_of(path)));
  if (!S_ISREG(status.st_mode)) {
    std::error_code failed;
    std::filesystem::remove_all(path, failed);
    return failed ? Status(Error{Errc::internal, name_of(path) + ": " + failed.message()}) : ok_status();
  }
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return system_error(name_of(path));
  const std::string nothing(static_cast<std::size_t>(status.st_size), '\0');
  Status wiped = write_at(fd.get(), nothing, 0);
  if (wiped && ::fdatasync(fd.get()) != 0) wiped = system_error(name_of(path));
  if (::unlink(path.c_str()) != 0 && wiped)
    wiped = system_error(name_of(path));  // also where it is not wiped
  return wiped;
}

bool synced_within(std::span<const int> files, Duration time) {
  const pid_t child = ::fork();
  if (child < 0) return false;
  if (child == 0) {
    ::prctl(PR_SET_NAME, "mediafs-sync");  // it may be there when the server has long gone: ps(1) tells why
    const bool synced = std::all_of(files.begin(), files.end(), [](int fd) { return ::fdatasync(fd) == 0; });
    ::_exit(synced ? 0 : 1);
  }
  const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  pollfd ended{handle.get(), POLLIN, 0};
  if (::poll(&ended, 1, static_cast<int>(time.count())) != 1) return false;
  int status = 1;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace mediafs
