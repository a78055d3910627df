#include "cli/daemon.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>

#include "mediafs/base/limits.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {

namespace {

// On the pipe: one byte, the exit code, then the message.
void tell(int pipe, const Exit& exit) {
  std::string text(1, static_cast<char>(exit.code));
  text += exit.message;
  while (::write(pipe, text.data(), text.size()) < 0 && errno == EINTR) {
  }
}

Exit listen(int pipe) {
  std::string text;
  char buffer[1024];
  for (;;) {
    const ssize_t count = ::read(pipe, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  if (text.empty()) return {ExitCode::internal, "the server ended before the mount was ready"};
  return {static_cast<ExitCode>(text.front()), text.substr(1)};
}

}  // namespace

void let_go_of_starter() {
  const UniqueFd nowhere(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!nowhere) return;
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nowhere.get(), fd);
}

Exit run_in_background(const std::function<Exit(const Ready&)>& serve) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {ExitCode::internal, "no pipe"};
  UniqueFd reading(ends[0]);
  auto writing = std::make_shared<UniqueFd>(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return {ExitCode::internal, kNoMoreProcesses};
  if (child > 0) {
    writing->reset();
    Exit exit = listen(reading.get());
    if (exit.code != ExitCode::ok) ::waitpid(child, nullptr, 0);
    return exit;
  }
  reading.reset();
  ::setsid();
  if (::chdir("/") != 0) return {ExitCode::internal, "no root directory"};
  const Exit exit = serve([writing] {
    let_go_of_starter();
    tell(writing->get(), {});
    writing->reset();
  });
  const bool never_ready = static_cast<bool>(*writing);
  if (never_ready && exit.code == ExitCode::ok) {
    tell(writing->get(), {ExitCode::internal, "ended before the mount was ready"});
  } else if (never_ready) {
    tell(writing->get(), exit);
  }
  return {exit.code, {}};
}

}  // namespace mediafs
