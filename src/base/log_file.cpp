#include "mediafs/base/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "mediafs/base/parent_directories.h"

namespace mediafs {

namespace {

constexpr std::string_view kNoFile =
    "is no regular file (leave it away for standard error in the foreground, and --log-level off for no log)";

Error refused(const std::string& path, std::string_view why) {
  return {Errc::denied, fmt::format("the log file {} {}", path, why)};
}

Status check(const std::string& path, int fd) {
  struct stat file{};
  if (::fstat(fd, &file) != 0) return refused(path, "cannot be examined");
  if (!S_ISREG(file.st_mode)) return refused(path, kNoFile);
  if (file.st_uid != 0 && file.st_uid != ::geteuid())
    return refused(path, fmt::format("belongs to user {}", file.st_uid));
  if ((file.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return refused(path, fmt::format("may be written by others (mode {:04o}): chmod go-w {}",
                                     file.st_mode & 07777, path));
  return ok_status();
}

}  // namespace

Result<UniqueFd> open_log_file(const std::string& path) {
  if (Status checked = check_parent_directories(path, "the log file"); !checked) return checked.error();
  // Without waiting, should it be a FIFO.
  constexpr int kHow = O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  UniqueFd fd(::open(path.c_str(), kHow, 0600));
  if (!fd && errno == ELOOP) return refused(path, "is a symbolic link");
  if (!fd && (errno == ENXIO || errno == EISDIR)) return refused(path, kNoFile);
  if (!fd) return refused(path, fmt::format("cannot be written: {}", std::strerror(errno)));  // NOLINT
  if (Status checked = check(path, fd.get()); !checked) return checked.error();
  return fd;
}

}  // namespace mediafs
