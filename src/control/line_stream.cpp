#include "control/line_stream.h"

#include <microhttpd.h>

#include <algorithm>
#include <utility>

namespace mediafs {

namespace {

constexpr std::size_t kMostUnread = 64 * 1024;

}  // namespace

LineStream::LineStream(Work work, Duration silence, const std::atomic<bool>& ending)
    : silence_(silence), ending_(ending), worker_([this, work = std::move(work)] {
        work([this](const std::string& line) { return write(line); });
        const MutexLock lock(mutex_);
        is_over_ = true;
        changed_.notify_all();
      }) {}

LineStream::~LineStream() {
  {
    const MutexLock lock(mutex_);
    is_unwanted_ = true;
    changed_.notify_all();
  }
  worker_.join();
}

bool LineStream::write(const std::string& line) {
  const MutexLock lock(mutex_);
  while (unread_.size() > kMostUnread && !is_unwanted_) changed_.wait(mutex_);
  if (is_unwanted_ || ending_) return false;
  unread_ += line + '\n';
  changed_.notify_all();
  return true;
}

ssize_t LineStream::read(char* buffer, std::size_t most) {
  const MutexLock lock(mutex_);
  const SteadyTime give_up = steady_now() + silence_;
  while (unread_.empty() && !is_over_ && steady_now() < give_up) changed_.wait_until(mutex_, give_up);
  if (unread_.empty() && is_over_) return MHD_CONTENT_READER_END_OF_STREAM;
  if (unread_.empty()) unread_ = "\n";
  const std::size_t count = std::min(most, unread_.size());
  unread_.copy(buffer, count);
  unread_.erase(0, count);
  changed_.notify_all();
  return static_cast<ssize_t>(count);
}

}  // namespace mediafs
