#include "mediafs/base/log.h"

#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <iterator>
#include <memory>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>

#include "base/log_file_sink.h"
#include "mediafs/base/log_file.h"
#include "mediafs/base/mutex.h"
#include "mediafs/base/repeated_lines.h"
#include "mediafs/base/text.h"
#include "mediafs/base/timer.h"

namespace mediafs::log {

namespace {

constexpr Duration kTellCounts{5'000};

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

int syslog_priority(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::err:
    case spdlog::level::critical:
      return LOG_ERR;
    case spdlog::level::warn:
      return LOG_WARNING;
    case spdlog::level::info:
      return LOG_INFO;
    default:
      return LOG_DEBUG;
  }
}

bool journal_reads_standard_error() {
  const char* const stream = std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  struct stat there{};
  return stream != nullptr && ::fstat(STDERR_FILENO, &there) == 0 &&
         stream == fmt::format("{}:{}", there.st_dev, there.st_ino);
}

/// %* in a pattern.
class PriorityFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& line, const std::tm& /*time*/,
              spdlog::memory_buf_t& out) override {
    fmt::format_to(std::back_inserter(out), "<{}>", syslog_priority(line.level));
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<PriorityFlag>();
  }
};

/// The journal has a time and a level of its own for each line.
std::unique_ptr<spdlog::formatter> make_formatter(const Options& options) {
  const bool journal = options.to_standard_error() && journal_reads_standard_error();
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<PriorityFlag>('*');
  if (options.format == Format::json) {
    formatter->set_pattern(std::string(journal ? "%*" : "") +
                           R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","message":"%v"})");
  } else {
    formatter->set_pattern(journal ? "%*%v" : "%Y-%m-%dT%H:%M:%S.%e%z %l: %v");
  }
  return formatter;
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
  auto file = open_log_file(options.file);
  return file ? std::make_shared<LogFileSink>(options.file, *std::move(file)) : nullptr;
}

/// RepeatedLines for all threads; a leaf among the locks.
class Repetitions {
 public:
  /// Whether the line is to be printed.
  bool note(Level level, std::string_view line) EXCLUDES(mutex_) {
    tell(/*all=*/false);
    const MutexLock lock(mutex_);
    return lines_.note(level, line, steady_now());
  }
  void tell(bool all) EXCLUDES(mutex_) {
    std::vector<RepeatedLines::Count> counts;
    {
      const MutexLock lock(mutex_);
      counts = all ? lines_.all() : lines_.ended_by(steady_now());
    }
    for (const RepeatedLines::Count& count : counts) write_event(count.level, to_string(count));
  }

 private:
  Mutex mutex_{LockRank::log_counts};
  RepeatedLines lines_ GUARDED_BY(mutex_);
};

Repetitions& repetitions() {
  static Repetitions repetitions;
  return repetitions;
}

/// A line of the log is one line: what an origin sends must not forge another.
std::string sanitized(std::string_view line, Format format) {
  std::string shown = printable(line);
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
  logger->set_formatter(make_formatter(options));
  logger->set_level(spdlog_level(options.level));
  logger->flush_on(spdlog::level::debug);
  state() = {std::move(logger), options.format};
  return true;
}

std::string journal_prefix(Level level) {
  return journal_reads_standard_error() ? fmt::format("<{}>", syslog_priority(spdlog_level(level))) : "";
}

bool enabled(Level level) {
  return state().logger->should_log(spdlog_level(level));
}

void write_event(Level level, std::string_view line) {
  state().logger->log(spdlog_level(level), sanitized(line, state().format));
}

void write(Level level, std::string_view line) {
  if (!enabled(level)) return;
  if (level == Level::debug || repetitions().note(level, line)) write_event(level, line);
}

void tell_counts_by(Timer& timer) {
  timer.after(kTellCounts, [&timer] {
    repetitions().tell(/*all=*/false);
    tell_counts_by(timer);
  });
}

void settle() {
  repetitions().tell(/*all=*/true);
}

}  // namespace mediafs::log
