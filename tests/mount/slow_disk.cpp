// A disk that can be made to hang: `slow_disk DIRECTORY MOUNTPOINT` shows a directory as it is, until the
// process is stopped. In the foreground. After SIGUSR1 the fsync(2) of a large file does not end before
// SIGUSR2.
#define FUSE_USE_VERSION 35
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>

#include <fuse.h>

namespace {

std::string directory;                 // NOLINT: libfuse's high-level calls are plain functions
std::atomic<bool> syncs_hang = false;  // NOLINT: a signal handler has nothing else to write to

constexpr off_t kLarge = 256 * 1024;

std::string real(const char* path) {
  return directory + path;
}
int outcome(int result) {
  return result < 0 ? -errno : 0;
}

int on_getattr(const char* path, struct stat* status, fuse_file_info* /*file*/) {
  return outcome(::lstat(real(path).c_str(), status));
}
int on_readdir(const char* path, void* out, fuse_fill_dir_t fill, off_t /*offset*/, fuse_file_info* /*file*/,
               fuse_readdir_flags /*flags*/) {
  DIR* const listed = ::opendir(real(path).c_str());
  if (listed == nullptr) return -errno;
  while (const dirent* entry = ::readdir(listed)) fill(out, entry->d_name, nullptr, 0, fuse_fill_dir_flags{});
  ::closedir(listed);
  return 0;
}
int on_mkdir(const char* path, mode_t mode) {
  return outcome(::mkdir(real(path).c_str(), mode));
}
int on_unlink(const char* path) {
  return outcome(::unlink(real(path).c_str()));
}
int on_rmdir(const char* path) {
  return outcome(::rmdir(real(path).c_str()));
}
int on_rename(const char* from, const char* to, unsigned /*flags*/) {
  return outcome(::rename(real(from).c_str(), real(to).c_str()));
}
int on_chmod(const char* path, mode_t mode, fuse_file_info* /*file*/) {
  return outcome(::chmod(real(path).c_str(), mode));
}
int on_truncate(const char* path, off_t size, fuse_file_info* /*file*/) {
  return outcome(::truncate(real(path).c_str(), size));
}
int on_utimens(const char* path, const timespec times[2], fuse_file_info* /*file*/) {
  return outcome(::utimensat(AT_FDCWD, real(path).c_str(), times, AT_SYMLINK_NOFOLLOW));
}
int on_statfs(const char* path, struct statvfs* status) {
  return outcome(::statvfs(real(path).c_str(), status));
}

int opened(int fd, fuse_file_info* file) {
  if (fd < 0) return -errno;
  file->fh = static_cast<std::uint64_t>(fd);
  return 0;
}
int fd_of(const fuse_file_info* file) {
  return static_cast<int>(file->fh);
}
int on_open(const char* path, fuse_file_info* file) {
  return opened(::open(real(path).c_str(), file->flags & ~O_NOFOLLOW), file);
}
int on_create(const char* path, mode_t mode, fuse_file_info* file) {
  return opened(::open(real(path).c_str(), file->flags | O_CREAT, mode), file);
}
int on_read(const char* /*path*/, char* out, std::size_t size, off_t offset, fuse_file_info* file) {
  const ssize_t count = ::pread(fd_of(file), out, size, offset);
  return count < 0 ? -errno : static_cast<int>(count);
}
int on_write(const char* /*path*/, const char* bytes, std::size_t size, off_t offset, fuse_file_info* file) {
  const ssize_t count = ::pwrite(fd_of(file), bytes, size, offset);
  return count < 0 ? -errno : static_cast<int>(count);
}
int on_fsync(const char* /*path*/, int /*data_alone*/, fuse_file_info* file) {
  struct stat status{};
  if (::fstat(fd_of(file), &status) == 0 && status.st_size > kLarge) syncs_hang.wait(true);
  return 0;
}
void let_syncs_hang(int signal) {
  syncs_hang = signal == SIGUSR1;
  syncs_hang.notify_all();
}
int on_release(const char* /*path*/, fuse_file_info* file) {
  return outcome(::close(fd_of(file)));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  directory = argv[1];
  fuse_operations operations{};
  operations.getattr = on_getattr;
  operations.readdir = on_readdir;
  operations.mkdir = on_mkdir;
  operations.unlink = on_unlink;
  operations.rmdir = on_rmdir;
  operations.rename = on_rename;
  operations.chmod = on_chmod;
  operations.truncate = on_truncate;
  operations.utimens = on_utimens;
  operations.statfs = on_statfs;
  operations.open = on_open;
  operations.create = on_create;
  operations.read = on_read;
  operations.write = on_write;
  operations.fsync = on_fsync;
  operations.release = on_release;
  std::signal(SIGUSR1, let_syncs_hang);
  std::signal(SIGUSR2, let_syncs_hang);
  std::array<char*, 4> arguments{argv[0], const_cast<char*>("-f"), argv[2], nullptr};
  return fuse_main(3, arguments.data(), &operations, nullptr);
}
