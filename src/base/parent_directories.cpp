#include "mediafs/base/parent_directories.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

namespace mediafs {

namespace {

constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;

Status check(const std::string& directory, std::string_view what) {
  struct stat status{};
  if (::stat(directory.c_str(), &status) != 0)
    return Error{Errc::internal, fmt::format("{}: {}", directory, std::strerror(errno))};  // NOLINT
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    return Error{Errc::denied,
                 fmt::format("{} belongs to user {}, who could replace {}", directory, status.st_uid, what)};
  }
  if ((status.st_mode & kOthersWrite) != 0 && (status.st_mode & S_ISVTX) == 0) {
    return Error{Errc::denied,
                 fmt::format("others may write to {} (mode {:04o}) and could replace {}: chmod go-w {}",
                             directory, status.st_mode & 07777, what, directory)};
  }
  return ok_status();
}

}  // namespace

Status check_parent_directories(const std::string& path, std::string_view what) {
  std::error_code failed;
  const std::filesystem::path parent = std::filesystem::absolute(path, failed).parent_path();
  const std::filesystem::path real = std::filesystem::canonical(parent, failed);
  if (failed) return Error{Errc::internal, parent.string() + ": " + failed.message()};
  for (std::filesystem::path above = real;; above = above.parent_path()) {
    if (Status checked = check(above, what); !checked) return checked;
    if (above == above.parent_path()) return ok_status();
  }
}

}  // namespace mediafs
