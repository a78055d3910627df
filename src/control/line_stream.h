#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>

#include "mediafs/base/clock.h"
#include "mediafs/base/mutex.h"
#include "mediafs/control/control_service.h"

namespace mediafs {

/// The lines of an answer: a thread works and writes them, and that of the connection reads and sends them.
class LineStream {
 public:
  using Work = std::function<void(const LineSender&)>;

  /// `silence`: after so long without a line an empty one is sent; `ending`: the service ends, and the work
  /// has to. Throws std::system_error where there is no thread.
  LineStream(Work work, Duration silence, const std::atomic<bool>& ending);
  /// Ends the work.
  ~LineStream();
  LineStream(const LineStream&) = delete;
  LineStream& operator=(const LineStream&) = delete;

  /// As MHD_ContentReaderCallback: waits for the next bytes, and gives their number, or that none come.
  ssize_t read(char* buffer, std::size_t most) EXCLUDES(mutex_);

 private:
  bool write(const std::string& line) EXCLUDES(mutex_);

  const Duration silence_;
  const std::atomic<bool>& ending_;
  Mutex mutex_{LockRank::control_lines};
  CondVar changed_;
  std::string unread_ GUARDED_BY(mutex_);
  bool is_over_ GUARDED_BY(mutex_) = false;      // the work
  bool is_unwanted_ GUARDED_BY(mutex_) = false;  // as nobody reads: the connection is gone
  std::thread worker_;                           // last: it uses all of this
};

}  // namespace mediafs
