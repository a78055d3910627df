#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <mutex>
#include <string>
#include <utility>

#include <spdlog/sinks/base_sink.h>

#include "mediafs/base/log_file.h"

namespace mediafs::log {

/// Appends to a log file, and to another in its place once it has been renamed or removed, as logrotate(8)
/// does: nobody has to tell. Where that one is refused, the old one goes on.
class LogFileSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  LogFileSink(std::string path, UniqueFd file) : path_(std::move(path)), file_(std::move(file)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& line) override {
    spdlog::memory_buf_t text;
    formatter_->format(line, text);
    if (!is_at_path()) reopen();
    // Whole, or on a full disk not: there is nobody to tell.
    static_cast<void>(::write(file_.get(), text.data(), text.size()) == 0);
  }
  void flush_() override {}

  [[nodiscard]] bool is_at_path() const {
    struct stat ours{};
    struct stat there{};
    return ::fstat(file_.get(), &ours) == 0 && ::lstat(path_.c_str(), &there) == 0 &&
           ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
  }
  void reopen() {
    if (auto file = open_log_file(path_)) file_ = *std::move(file);
  }

  const std::string path_;
  UniqueFd file_;
};

}  // namespace mediafs::log
