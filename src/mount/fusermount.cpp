#include "mediafs/mount/fusermount.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "mediafs/base/unique_fd.h"

namespace mediafs {

namespace {

constexpr int kAnswerWithinMs = 2000;

}  // namespace

void silence(int fd) {
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0) ::dup2(nowhere, fd);
}

int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  if (child < 0) return kNoChild;
  const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  pollfd ended{handle.get(), POLLIN, 0};
  if (::poll(&ended, 1, kAnswerWithinMs) != 1) {
    ::kill(child, SIGKILL);
    return -1;
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int run_fusermount(const char* flags, const std::string& mountpoint) {
  return in_child([&] {
    silence(STDERR_FILENO);
    ::execlp("fusermount3", "fusermount3", flags, mountpoint.c_str(), nullptr);
    return 127;
  });
}

bool detach(const std::string& mountpoint) {
  if (::geteuid() == 0) return ::umount2(mountpoint.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0;
  return run_fusermount("-uz", mountpoint) == 0;
}

}  // namespace mediafs
