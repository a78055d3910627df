// Child processes of a test: started in a group of their own, always waited for, with an end.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mediafs::e2e {

using Environment = std::map<std::string, std::string>;
using Arguments = std::vector<std::string>;

/// What a command did. A command that a signal ended has 128 + its number, as in a shell.
struct Outcome {
  static constexpr int kTimedOut = -1;

  int code = kTimedOut;
  std::string out;
  std::string err;
};

/// For gtest's messages.
std::ostream& operator<<(std::ostream& stream, const Outcome& outcome);

class Process {
 public:
  /// Throws std::system_error where the program cannot be started. `changes` go over this process'
  /// environment; an empty value takes the variable away.
  explicit Process(const Arguments& argv, const Environment& changes = {});
  ~Process();  // kills the group if it still runs
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// False when it still runs after `time`.
  bool wait_for(std::chrono::milliseconds time);
  [[nodiscard]] bool ended() { return wait_for(std::chrono::milliseconds(0)); }
  /// Waits at most `time`, then kills the group; what it printed so far is there in both cases.
  Outcome finish(std::chrono::milliseconds time);

 private:
  using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

  File out_;
  File err_;
  pid_t pid_ = -1;
  std::optional<int> code_;
};

/// Longer than anything should take, also under a sanitizer beside another test.
inline constexpr std::chrono::seconds kPatience{60};

Outcome run(const Arguments& argv, const Environment& changes = {},
            std::chrono::milliseconds time = kPatience);

/// The processes whose program's file is called `name` and whose arguments hold `part`.
std::vector<pid_t> processes_of(const std::string& name, const std::string& part);

}  // namespace mediafs::e2e
