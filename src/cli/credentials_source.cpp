#include "cli/credentials_source.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "cli/default_places.h"
#include "cli/user_name.h"
#include "mediafs/base/parent_directories.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {

namespace {

constexpr std::size_t kMaxFile = 64 * 1024;

Error refused(const std::string& path, std::string_view reason) {
  return {Errc::denied, fmt::format("the credentials file {} {}", path, reason)};
}

// systemd lets a service's user in by an access control list, whose mask shows as the group's right to read;
// the directory around it is that user's alone.
constexpr mode_t kForNobodyElse = 077;
constexpr mode_t kForNobodyElseInSystemds = 037;

Status check_ownership(const std::string& path, const struct stat& file, mode_t forbidden) {
  if (!S_ISREG(file.st_mode)) return refused(path, "is not a regular file");
  if (file.st_uid != ::geteuid() && file.st_uid != 0) return refused(path, "belongs to somebody else");
  if ((file.st_mode & forbidden) != 0)
    return refused(path, "may be read or written by others: chmod 600 " + path);
  if (static_cast<std::size_t>(file.st_size) > kMaxFile) return refused(path, "is too large");
  return check_parent_directories(path, "the credentials file");
}

constexpr const char* kKeyVariable = "MEDIAFS_API_KEY";
constexpr const char* kSecretVariable = "MEDIAFS_SHARED_SECRET";

bool is_set(const char* variable) {
  const char* const value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): before threads start
  return value != nullptr && *value != '\0';
}

/// The file that no option names, and why it is not to be used; empty: it is.
struct UsersFile {
  std::string path;
  std::string why_not;
};

UsersFile users_file() {
  const std::string path = default_credentials_file();
  struct stat file{};
  if (path.empty()) return {"a home directory", "there is none"};
  const bool is_there = ::lstat(path.c_str(), &file) == 0;
  if (!is_there && (errno == ENOENT || errno == ENOTDIR)) return {path, "not there"};
  if (is_there && ::geteuid() == 0 && file.st_uid != 0)
    return {path, fmt::format("belongs to {}, and root takes only its own", name_of_user(file.st_uid))};
  return {path, {}};
}

Error none_found(bool key_is_set, bool secret_is_set) {
  if (key_is_set != secret_is_set)
    return {Errc::denied,
            fmt::format("no credentials: {} is set, but not {}", key_is_set ? kKeyVariable : kSecretVariable,
                        key_is_set ? kSecretVariable : kKeyVariable)};
  const UsersFile file = users_file();
  return {
      Errc::denied,
      fmt::format("no credentials: looked for --credentials FILE (not given), $CREDENTIALS_DIRECTORY (not "
                  "set), {} and {} (not set), {}{}",
                  kKeyVariable, kSecretVariable, file.path,
                  file.why_not.empty() ? "" : fmt::format(" ({})", file.why_not))};
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

}  // namespace

SecretString take_variable(const char* name) {
  char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before threads start
  if (value == nullptr) return {};
  SecretString taken{std::string_view(value)};
  ::explicit_bzero(value, std::strlen(value));
  ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
  return taken;
}

Result<Credentials> load_credentials(const CredentialsFile& source) {
  const std::string& path = source.path;
  // Without following a link, and without waiting should it be a FIFO.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return refused(path, errno == ELOOP ? "is a symbolic link" : std::strerror(errno));  // NOLINT
  struct stat file{};
  if (::fstat(fd.get(), &file) != 0) return refused(path, "cannot be examined");
  if (const Status checked = check_ownership(path, file, source.forbidden); !checked) return checked.error();
  const auto text = read_whole(fd.get(), path);
  if (!text) return text.error();
  auto credentials = parse_credentials(text->reveal());
  if (!credentials) return std::move(credentials).error().in(path);
  return credentials;
}

std::optional<CredentialsFile> credentials_file(const std::string& file) {
  if (!file.empty()) return CredentialsFile{file, kForNobodyElse};
  const char* const directory = std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT(concurrency-mt-unsafe)
  if (directory == nullptr) return std::nullopt;
  return CredentialsFile{std::string(directory) + "/mediafs", kForNobodyElseInSystemds};
}

std::string credentials_option(const std::string& option) {
  const bool another = credentials_file(option) || is_set(kKeyVariable) || is_set(kSecretVariable);
  if (another) return option;
  UsersFile file = users_file();
  return file.why_not.empty() ? std::move(file.path) : std::string();
}

Result<Credentials> load_credentials(const std::string& file) {
  const SecretString api_key = take_variable(kKeyVariable);
  const SecretString shared_secret = take_variable(kSecretVariable);
  if (const auto source = credentials_file(file)) return load_credentials(*source);
  if (api_key.empty() || shared_secret.empty()) return none_found(!api_key.empty(), !shared_secret.empty());
  const auto lines =
      SecretString::joined({"api_key=", api_key.reveal(), "\nshared_secret=", shared_secret.reveal(), "\n"});
  return parse_credentials(lines.reveal());
}

Result<UniqueFd> copy_for_servers(const Credentials& credentials) {
  UniqueFd file(::memfd_create("mediafs-credentials", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const Error failed{Errc::internal, "the credentials cannot be kept in memory"};
  if (!file) return failed;
  const auto add = [&file](std::string_view text) {
    return ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  };
  bool whole = add("api_key=") && add(credentials.api_key.reveal()) && add("\n");
  for (const SecretString& secret : credentials.shared_secrets)
    whole = whole && add("shared_secret=") && add(secret.reveal()) && add("\n");
  constexpr int kAsItIs = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  if (!whole || ::fcntl(file.get(), F_ADD_SEALS, kAsItIs) != 0) return failed;
  return file;
}

Result<Credentials> read_copy(const UniqueFd& copy) {
  constexpr const char* kCopy = "kept in memory";
  // Opened anew it is read from the start, whoever reads the other one meanwhile.
  const UniqueFd own(::open(fmt::format("/proc/self/fd/{}", copy.get()).c_str(), O_RDONLY | O_CLOEXEC));
  if (!own) return refused(kCopy, "cannot be read");
  const auto text = read_whole(own.get(), kCopy);
  if (!text) return text.error();
  return parse_credentials(text->reveal());
}

}  // namespace mediafs
