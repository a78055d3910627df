#include "cache/cache_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "mediafs/base/clock.h"
#include "mediafs/crypto/digest.h"
#include "mediafs/crypto/random.h"

namespace mediafs {

namespace {

constexpr std::string_view kMagic = "mfscache3";  // FORMAT.md: counts up with every change of any record
constexpr std::size_t kSaltSize = 32;
constexpr std::size_t kWrappedSize = SecretKey::kSize + crypto::kSealOverhead;
constexpr std::size_t kKeyFileSize = kMagic.size() + sizeof(CacheId) + kSaltSize + kWrappedSize;
constexpr auto kLockWait = std::chrono::seconds(3);
constexpr auto kLockPoll = std::chrono::milliseconds(20);

Error system_error(std::string_view doing) {
  const Errc code = errno == ENOSPC || errno == EDQUOT ? Errc::no_space : Errc::internal;
  return Error{code, std::strerror(errno)}.in(doing);  // NOLINT(concurrency-mt-unsafe): glibc's is per thread
}

/// Differs from boot to boot: random(4).
std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

/// The key of keys: what unwraps the cache key.
SecretKey wrapping_key(const SecretString& secret, ByteView salt) {
  return crypto::hkdf_sha256(bytes_of(secret.reveal()), salt, "mediafs cache key 1");
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Result<UniqueFd> lock_file(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return system_error("cache lock");
  const SteadyTime give_up = steady_now() + kLockWait;
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return system_error("cache lock");
    if (steady_now() > give_up) return Error{Errc::unavailable, "another server has this cache"};
    std::this_thread::sleep_for(kLockPoll);  // flock(2) has no time limit of its own
  }
  return fd;
}

}  // namespace

Result<CacheDirectory> CacheDirectory::open(const std::string& path) {
  std::error_code failed;
  const std::filesystem::path directory(path);
  if (directory.has_parent_path()) std::filesystem::create_directories(directory.parent_path(), failed);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return system_error("cache directory");
  auto lock = lock_file(path + "/lock");
  if (!lock) return lock.error();
  return CacheDirectory(path, *std::move(lock));
}

Result<std::string> CacheDirectory::read_file(const std::string& name) const {
  const UniqueFd fd(::open((path_ + "/" + name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return errno == ENOENT ? Error{Errc::not_found, name} : system_error(name);
  std::array<char, 4096> buffer{};
  const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
  if (count < 0) return system_error(name);
  return std::string(buffer.data(), static_cast<std::size_t>(count));
}

Status CacheDirectory::write_file(const std::string& name, std::string_view content) {
  const std::string temporary = path_ + "/" + name + ".new";
  const UniqueFd fd(::open(temporary.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return system_error(name);
  if (!write_all(fd.get(), content) || ::fsync(fd.get()) != 0) return system_error(name);
  if (::rename(temporary.c_str(), (path_ + "/" + name).c_str()) != 0) return system_error(name);
  const UniqueFd directory(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) return system_error(name);
  return ok_status();
}

Result<CacheDirectory::Key> CacheDirectory::load_or_make_key(const std::vector<SecretString>& secrets) {
  const auto content = read_file("key");
  if (!content) {
    if (content.error().code == Errc::not_found) return make_key(secrets.front());
    return content.error();
  }
  if (content->size() != kKeyFileSize || !content->starts_with(kMagic)) {
    return Error{Errc::corrupt, "the cache's key file is not one of this version"};
  }
  const ByteView file = bytes_of(*content);
  Key key;
  std::copy_n(file.begin() + kMagic.size(), key.id.size(), key.id.begin());
  const ByteView salt = file.subspan(kMagic.size() + key.id.size(), kSaltSize);
  for (const SecretString& secret : secrets) {
    const SecretKey wrapping = wrapping_key(secret, salt);
    auto unwrapped = crypto::open(wrapping, file.first(file.size() - kWrappedSize), file.last(kWrappedSize));
    if (!unwrapped) continue;
    std::copy_n(bytes_of(*unwrapped).begin(), SecretKey::kSize, key.key.fill().begin());
    ::explicit_bzero(unwrapped->data(), unwrapped->size());
    return key;
  }
  return Error{Errc::denied, "the cache was made under another shared secret"};
}

Result<CacheDirectory::Key> CacheDirectory::make_key(const SecretString& secret) {
  Key key{.key = crypto::random_key()};
  crypto::fill_random(key.id);
  std::array<std::byte, kSaltSize> salt{};
  crypto::fill_random(salt);
  std::string content(kMagic);
  content += text_of(key.id);
  content += text_of(salt);
  content += crypto::seal(wrapping_key(secret, salt), bytes_of(content), key.key.view());
  const Status written = write_file("key", content);
  if (!written) return written.error();
  return key;
}

Status CacheDirectory::discard_if_power_was_lost() {
  const auto state = read_file("state");
  if (!state || *state == "clean\n" || *state == "dirty " + boot_id() + "\n") return ok_status();
  std::error_code ignored;
  for (const std::string& path : {catalog_path(), chunks_path()}) {
    std::filesystem::remove(path, ignored);
    std::filesystem::remove(path + "-lock", ignored);
    if (std::filesystem::exists(path, ignored))
      return Error{Errc::corrupt, "databases that power loss may have torn"};
  }
  return ok_status();
}

Status CacheDirectory::mark_dirty() {
  return write_file("state", "dirty " + boot_id() + "\n");
}
Status CacheDirectory::mark_clean() {
  return write_file("state", "clean\n");
}

void CacheDirectory::set_aside() {
  std::error_code ignored;
  for (const std::string name : {"key", "catalog", "chunks"}) {
    std::filesystem::rename(path_ + "/" + name, path_ + "/" + name + ".bad", ignored);
    std::filesystem::remove(path_ + "/" + name + "-lock", ignored);
  }
}

}  // namespace mediafs
