#pragma once

#include <cstddef>
#include <string>

#include "mediafs/base/clock.h"

namespace mediafs {

/// How a server came to its end without having been asked to.
struct ServerEnd {
  bool served = false;     // it got as far as answering the kernel
  Duration served_for{0};  // since then
  int signal = 0;          // that ended it; 0: none did
  int exit_code = 0;       // where none did
  bool operator==(const ServerEnd&) const = default;
};

/// "was ended by signal 11 (Segmentation fault)", "ended with exit code 5".
std::string text_of(const ServerEnd& end);

/// When to start the next server, and when no more. Pure.
class RestartPolicy {
 public:
  /// Servers must have ended early this often in a row, and for this long, before no next one is started.
  static constexpr std::size_t kMostFailures = 8;
  static constexpr Duration kLeastTime{20'000};
  /// After so many crashes in a row, requests that were under way are failed instead of repeated: one of them
  /// may be what a server does not survive.
  static constexpr std::size_t kRepeatAtMost = 3;
  /// So many servers in a row may be killed within a second of serving and be followed at once; then the next
  /// waits a second. With too little memory for any server, restarts would else take all the time and fill
  /// the log.
  static constexpr std::size_t kMostQuickKills = 20;

  struct Decision {
    bool give_up = false;
    Duration delay{0};
    bool repeat_requests = true;
  };

  /// A server that served for a while, or that was killed from outside (SIGKILL, by hand or for lack of
  /// memory) after it had begun to serve, says nothing about the next one, which follows at once, unless this
  /// repeats too often. Any other has failed: after a crash the next comes in 0, 0.1, 1 and then 5 s, after a
  /// kill in 0.1 s.
  Decision after(const ServerEnd& end, SteadyTime now);

 private:
  SteadyTime first_failure_{};
  std::size_t failures_ = 0;
  std::size_t crashes_ = 0;  // of these failures, those that were no kill
  std::size_t quick_kills_ = 0;
};

}  // namespace mediafs
