#include "supervisor/server_process.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "mediafs/base/limits.h"

namespace mediafs {

namespace {

constexpr Duration kNoDiskTakesSoLong{500};

/// In the child, where nothing but what is safe between fork and exec may be called: signal-safety(7).
[[noreturn]] void become(int program, int channel, char** arguments) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const bool there = channel == Channel::kServersDescriptor
                         ? ::fcntl(channel, F_SETFD, 0) == 0
                         : ::dup2(channel, Channel::kServersDescriptor) == Channel::kServersDescriptor;
  if (there) ::execveat(program, "", arguments, environ, AT_EMPTY_PATH);
  ::_exit(127);
}

/// proc(5): the state behind the name, which stands in brackets and may hold anything.
char state_of_thread(const std::filesystem::path& thread) {
  std::ifstream file(thread / "stat");
  std::string line;
  std::getline(file, line);
  const std::size_t end = line.rfind(')');
  return end == std::string::npos || end + 2 >= line.size() ? 'X' : line[end + 2];
}

/// How it has ended, as wait(2) will tell when the others have: the last field of stat, proc(5).
int status_of_first_thread(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  std::getline(file, line);
  return std::atoi(line.substr(line.rfind(' ') + 1).c_str());
}

}  // namespace

Result<ServerProcess> ServerProcess::start(const UniqueFd& program,
                                           const std::vector<std::string>& arguments) {
  auto ends = Channel::make();
  if (!ends) return ends.error();
  std::vector<std::string> words = arguments;
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  // So that dup2() in the child does not overwrite it.
  const UniqueFd image(::fcntl(program.get(), F_DUPFD_CLOEXEC, Channel::kServersDescriptor + 1));
  const pid_t child = ::fork();
  if (child == 0) become(image.get(), ends->second.get(), pointers.data());
  if (child < 0) return Error{Errc::internal, kNoMoreProcesses};
  return ServerProcess(child, Channel(std::move(ends->first)));
}

ServerProcess::ServerProcess(pid_t pid, Channel channel)
    : pid_(pid), channel_(std::move(channel)), whole_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}

/// `status` as wait(2) has it.
ServerEnd ServerProcess::end_of(int status, SteadyTime now) const {
  ServerEnd end{.served = serving()};
  if (serving_since_) end.served_for = std::chrono::duration_cast<Duration>(now - *serving_since_);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  return end;
}

std::optional<ServerEnd> ServerProcess::reap(SteadyTime now) {
  int status = 0;
  if (reaped_ || ::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  reaped_ = true;
  return end_of(status, now);
}

std::optional<ServerEnd> ServerProcess::ended(SteadyTime now) {
  if (auto end = reap(now)) return end;
  if (!is_ending() || !only_waits_in_the_kernel()) {
    only_waits_since_.reset();
    return std::nullopt;
  }
  if (!only_waits_since_) only_waits_since_ = now;
  if (now - *only_waits_since_ < kNoDiskTakesSoLong) return std::nullopt;
  return end_of(status_of_first_thread(pid_), now);
}

bool ServerProcess::is_ending() const {
  return !reaped_ && state_of_thread(fmt::format("/proc/{}", pid_)) == 'Z';
}

bool ServerProcess::only_waits_in_the_kernel() const {
  std::error_code gone;
  const std::filesystem::path threads = fmt::format("/proc/{}/task", pid_);
  return std::ranges::all_of(std::filesystem::directory_iterator(threads, gone), [](const auto& thread) {
    const char state = state_of_thread(thread.path());
    return state == 'D' || state == 'Z' || state == 'X';
  });
}

void ServerProcess::kill() const {
  if (!reaped_) ::kill(pid_, SIGKILL);
}

}  // namespace mediafs
