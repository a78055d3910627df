#include "cli/credentials_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "mediafs/base/unique_fd.h"

namespace mediafs {

namespace {

constexpr std::size_t kMaxFile = 64 * 1024;

Error refused(const std::string& path, std::string_view reason) {
  return {Errc::denied, fmt::format("the credentials file {} {}", path, reason)};
}

/// Reads a variable and wipes it where it stands, since /proc/PID/environ shows that very memory.
SecretString take_variable(const char* name) {
  char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before threads start
  if (value == nullptr) return {};
  SecretString taken{std::string_view(value)};
  ::explicit_bzero(value, std::strlen(value));
  ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
  return taken;
}

/// Whoever can write to the directory can put another file in the place of this one.
bool others_may_replace(const std::string& path) {
  struct stat directory{};
  const std::string parent = std::filesystem::path(path).parent_path().string();
  if (::stat(parent.c_str(), &directory) != 0) return true;
  return (directory.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (directory.st_mode & S_ISVTX) == 0;
}

// systemd lets a service's user in by an access control list, whose mask shows as the group's right to read;
// the directory around it is that user's alone.
constexpr mode_t kForNobodyElse = 077;
constexpr mode_t kForNobodyElseInSystemds = 037;

Status check_ownership(const std::string& path, const struct stat& file, mode_t forbidden) {
  if (!S_ISREG(file.st_mode)) return refused(path, "is not a regular file");
  if (file.st_uid != ::geteuid() && file.st_uid != 0) return refused(path, "belongs to somebody else");
  if ((file.st_mode & forbidden) != 0) return refused(path, "may be read or written by others: chmod 600 it");
  if (others_may_replace(path)) return refused(path, "lies in a directory that others may write to");
  if (static_cast<std::size_t>(file.st_size) > kMaxFile) return refused(path, "is too large");
  return ok_status();
}

Result<SecretString> read_whole(int fd, const std::string& path) {
  std::string text(kMaxFile + 1, '\0');
  std::size_t length = 0;
  while (length < text.size()) {
    const ssize_t count = ::read(fd, text.data() + length, text.size() - length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return refused(path, "cannot be read");
    if (count == 0) break;
    length += static_cast<std::size_t>(count);
  }
  SecretString content(std::string_view(text).substr(0, length));
  ::explicit_bzero(text.data(), text.size());
  if (length > kMaxFile) return refused(path, "is too large");
  return content;
}

Result<Credentials> from_file(const std::string& path, mode_t forbidden) {
  // Without following a link, and without waiting should it be a FIFO.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return refused(path, errno == ELOOP ? "is a symbolic link" : std::strerror(errno));  // NOLINT
  struct stat file{};
  if (::fstat(fd.get(), &file) != 0) return refused(path, "cannot be examined");
  if (const Status checked = check_ownership(path, file, forbidden); !checked) return checked.error();
  const auto text = read_whole(fd.get(), path);
  if (!text) return text.error();
  auto credentials = parse_credentials(text->reveal());
  if (!credentials) return std::move(credentials).error().in(path);
  return credentials;
}

}  // namespace

Result<Credentials> load_credentials(const std::string& file) {
  const SecretString api_key = take_variable("MEDIAFS_API_KEY");
  const SecretString shared_secret = take_variable("MEDIAFS_SHARED_SECRET");
  if (!file.empty()) return from_file(file, kForNobodyElse);
  if (const char* const directory = std::getenv("CREDENTIALS_DIRECTORY")) {  // NOLINT(concurrency-mt-unsafe)
    return from_file(std::string(directory) + "/mediafs", kForNobodyElseInSystemds);
  }
  if (api_key.empty() || shared_secret.empty()) {
    return Error{Errc::denied,
                 "no credentials: give --credentials FILE, or set MEDIAFS_API_KEY and MEDIAFS_SHARED_SECRET"};
  }
  const SecretString lines(
      fmt::format("api_key={}\nshared_secret={}\n", api_key.reveal(), shared_secret.reveal()));
  return parse_credentials(lines.reveal());
}

}  // namespace mediafs
