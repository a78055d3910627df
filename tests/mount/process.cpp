#include "process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <sstream>
#include <system_error>

#include "mediafs/base/unique_fd.h"

namespace mediafs::e2e {
namespace {

Environment merged(const Environment& changes) {
  Environment all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    all[text.substr(0, equals)] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : changes) all[name] = value;
  std::erase_if(all, [](const auto& entry) { return entry.second.empty(); });
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

pid_t spawn(Arguments argv, const Environment& environment, int out, int err) {
  std::vector<std::string> entries;
  for (const auto& [name, value] : environment) entries.push_back(name + "=" + value);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, err, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);

  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, argv.front().c_str(), &files, &attributes, pointers_to(argv).data(),
                                   pointers_to(entries).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) throw std::system_error(error, std::generic_category(), argv.front());
  return pid;
}

std::string contents_of(std::FILE* file) {
  std::string text;
  std::rewind(file);
  char piece[4096];
  while (const std::size_t count = std::fread(piece, 1, sizeof piece, file)) text.append(piece, count);
  return text;
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const Outcome& outcome) {
  return stream << "code " << outcome.code << "\nout: " << outcome.out << "\nerr: " << outcome.err;
}

Process::Process(const Arguments& argv, const Environment& changes)
    : out_(std::tmpfile(), std::fclose), err_(std::tmpfile(), std::fclose) {
  if (!out_ || !err_) throw std::system_error(errno, std::generic_category(), "tmpfile");
  pid_ = spawn(argv, merged(changes), ::fileno(out_.get()), ::fileno(err_.get()));
}

Process::~Process() {
  if (!code_) finish(std::chrono::milliseconds(0));
}

void Process::signal(int number) const {
  if (!code_) ::kill(pid_, number);
}

bool Process::wait_for(std::chrono::milliseconds time) {
  if (code_) return true;
  const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  pollfd waiting{.fd = handle.get(), .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, static_cast<int>(time.count())) <= 0) return false;
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) return false;
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

Outcome Process::finish(std::chrono::milliseconds time) {
  const bool in_time = wait_for(time);
  if (!in_time) {
    ::kill(-pid_, SIGKILL);
    wait_for(std::chrono::seconds(5));
  }
  Outcome outcome{in_time ? code_.value_or(Outcome::kTimedOut) : Outcome::kTimedOut, contents_of(out_.get()),
                  contents_of(err_.get())};
  if (!in_time) outcome.err += "[ended after " + std::to_string(time.count()) + " ms]";
  return outcome;
}

Outcome run(const Arguments& argv, const Environment& changes, std::chrono::milliseconds time) {
  return Process(argv, changes).finish(time);
}

std::vector<pid_t> processes_of(const std::string& name, const std::string& part) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string pid = entry.path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    std::error_code gone;
    const std::string program = std::filesystem::read_symlink(entry.path() / "exe", gone).filename();
    if (program != name && program != name + " (deleted)") continue;
    std::ifstream file(entry.path() / "cmdline", std::ios::binary);
    std::stringstream cmdline_read;
    cmdline_read << file.rdbuf();  // unlike an iterator, no exception where the process ends meanwhile
    const std::string cmdline = cmdline_read.str();
    if (cmdline.find(part) != std::string::npos) found.push_back(std::stoi(pid));
  }
  return found;
}

}  // namespace mediafs::e2e
