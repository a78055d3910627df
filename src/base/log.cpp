#include "mediafs/base/log.h"

#include <fcntl.h>
#include <syslog.h>
#include <unistd.h>

#include <memory>

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>

#include "mediafs/base/text.h"

namespace mediafs::log {

namespace {

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::off:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

struct State {
  std::shared_ptr<spdlog::logger> logger;
  Format format = Format::text;
};

State& state() {
  static State s{
      std::make_shared<spdlog::logger>("mediafs", std::make_shared<spdlog::sinks::stderr_sink_mt>())};
  return s;
}

spdlog::sink_ptr make_sink(const Options& options) {
  if (options.file.empty()) {
    if (options.to_syslog) {
      return std::make_shared<spdlog::sinks::syslog_sink_mt>("mediafs", LOG_PID, LOG_DAEMON, false);
    }
    return std::make_shared<spdlog::sinks::stderr_sink_mt>();
  }
  // Made here first, so that no moment passes in which others may read it.
  const int fd = ::open(options.file.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0600);
  if (fd < 0) return nullptr;  // a FIFO that nobody reads, too
  ::close(fd);
  return std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
}

/// A line of the log is one line: what an origin sends must not forge another.
std::string sanitized(std::string_view line, Format format) {
  const std::string shown = printable(line);
  if (format == Format::text) return shown;
  std::string out;
  out.reserve(shown.size());
  for (const char c : shown) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

}  // namespace

bool set_up(const Options& options) {
  const spdlog::sink_ptr sink = make_sink(options);
  if (!sink) return false;
  auto logger = std::make_shared<spdlog::logger>("mediafs", sink);
  logger->set_pattern(options.format == Format::json
                          ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","message":"%v"})"
                          : "%Y-%m-%dT%H:%M:%S.%e%z %l: %v");
  logger->set_level(spdlog_level(options.level));
  logger->flush_on(spdlog::level::debug);
  state() = {std::move(logger), options.format};
  return true;
}

bool enabled(Level level) {
  return state().logger->should_log(spdlog_level(level));
}

void write(Level level, std::string_view line) {
  state().logger->log(spdlog_level(level), sanitized(line, state().format));
}

}  // namespace mediafs::log
