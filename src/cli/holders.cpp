#include "cli/holders.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

#include <fmt/format.h>

#include "mediafs/base/clock.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {

namespace {

constexpr std::chrono::seconds kPatience{2};
constexpr std::size_t kMostNames = 5;

using Names = std::vector<std::string>;

/// Nothing where it cannot be read; errno says why.
std::optional<Names> names_in(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(directory.c_str()), ::closedir);
  if (!entries) return std::nullopt;
  Names names;
  while (const dirent* const entry = ::readdir(entries.get())) names.emplace_back(entry->d_name);
  return names;
}

bool is_permission_missing() {
  return errno == EACCES || errno == EPERM;
}

/// What is known of one process.
enum class Look { holds, free, hidden };

/// By readlink(2), which asks no file system.
Look look_at_link(const std::string& link, std::string_view mountpoint) {
  std::array<char, PATH_MAX> target{};
  const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
  if (length < 0) return is_permission_missing() ? Look::hidden : Look::free;
  return is_at_or_under({target.data(), static_cast<std::size_t>(length)}, mountpoint) ? Look::holds
                                                                                       : Look::free;
}

Look look_at_links(const std::string& process, std::string_view mountpoint) {
  for (const char* name : {"/cwd", "/root"}) {
    const Look look = look_at_link(process + name, mountpoint);
    if (look != Look::free) return look;
  }
  const std::string directory = process + "/fd/";
  for (const std::string& name : names_in(directory).value_or(Names{})) {
    if (look_at_link(directory + name, mountpoint) == Look::holds) return Look::holds;
  }
  return Look::free;
}

/// This can wait for a process that waits for its own pages.
bool has_mapped(const std::string& process, std::string_view mountpoint) {
  std::ifstream maps(process + "/maps");
  for (std::string line; std::getline(maps, line);) {
    const std::size_t path = line.find('/');
    if (path != std::string::npos && is_at_or_under(std::string_view(line).substr(path), mountpoint))
      return true;
  }
  return false;
}

/// A thread of the kernel, which holds nothing, or a process that has ended.
bool has_no_program(const std::string& process) {
  return std::ifstream(process + "/cmdline").peek() == std::ifstream::traits_type::eof();
}

std::string name_of(const std::string& process) {
  std::string name;
  std::getline(std::ifstream(process + "/comm") >> std::ws, name);
  return name;
}

/// One line for each process that holds it ("PID NAME") or cannot be looked into ("PID"); all that can be had
/// at once comes first.
void tell_holders(const std::string& mountpoint, const std::vector<pid_t>& left_out, int to) {
  const auto tell = [to](const std::string& line) {
    static_cast<void>(::write(to, line.data(), line.size()));
  };
  Names free;
  for (const std::string& pid : names_in("/proc").value_or(Names{})) {
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    if (std::find(left_out.begin(), left_out.end(), std::stoi(pid)) != left_out.end()) continue;
    const std::string process = "/proc/" + pid;
    const Look look = look_at_links(process, mountpoint);
    if (look == Look::holds) tell(fmt::format("{} {}\n", pid, name_of(process)));
    if (look == Look::hidden && !has_no_program(process)) tell(pid + "\n");
    if (look == Look::free) free.push_back(pid);
  }
  for (const std::string& pid : free) {
    const std::string process = "/proc/" + pid;
    if (has_mapped(process, mountpoint)) tell(fmt::format("{} {}\n", pid, name_of(process)));
  }
}

/// All that comes until the end, or until it takes too long.
std::string read_within_patience(int from) {
  const SteadyTime give_up = steady_now() + kPatience;
  std::string text;
  std::array<char, 4096> piece{};
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(give_up - steady_now()).count();
    pollfd readable{from, POLLIN, 0};
    if (left <= 0 || ::poll(&readable, 1, static_cast<int>(left)) <= 0) return text;
    const ssize_t count = ::read(from, piece.data(), piece.size());
    if (count <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
}

Holders parse(const std::string& text) {
  Holders holders;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t space = line.find(' ');
    if (space == std::string::npos) {
      ++holders.hidden;
    } else {
      holders.seen.push_back({std::stoi(line), line.substr(space + 1)});
    }
  }
  return holders;
}

}  // namespace

bool is_at_or_under(std::string_view link, std::string_view mountpoint) {
  return link.starts_with(mountpoint) && (link.size() == mountpoint.size() || link[mountpoint.size()] == '/');
}

Holders holders_of(const std::string& mountpoint) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    tell_holders(mountpoint, {::getpid(), ::getppid()}, writing.get());
    ::_exit(0);
  }
  writing.reset();
  if (child < 0) return {};
  Holders holders = parse(read_within_patience(reading.get()));
  // One that hangs in the kernel is left to it.
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, WNOHANG);
  return holders;
}

std::string to_string(const Holders& holders) {
  std::string text;
  const std::size_t shown = std::min(holders.seen.size(), kMostNames);
  for (std::size_t i = 0; i < shown; ++i)
    text += fmt::format("{}{} ({})", i == 0 ? "" : ", ", holders.seen[i].name, holders.seen[i].pid);
  if (holders.seen.size() > shown) text += fmt::format(" and {} more", holders.seen.size() - shown);
  if (holders.hidden > 0)
    text +=
        fmt::format("{}processes that you may not look into: {}", text.empty() ? "" : "; ", holders.hidden);
  return text;
}

}  // namespace mediafs
