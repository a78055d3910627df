// One log for the program. Lines carry no id, name, secret, signature or URL path at any level above debug;
// callers name a media by its pseudonym.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace mediafs {
class Timer;
}

namespace mediafs::log {

enum class Level { debug, info, warning, error, off };
enum class Format { text, json };

struct Options {
  Level level = Level::info;
  Format format = Format::text;
  std::string file;        // empty: see to_syslog
  bool to_syslog = false;  // with an empty file: syslog(3) instead of standard error
  [[nodiscard]] bool to_standard_error() const { return file.empty() && !to_syslog; }
};

/// Called once before other threads start; without it, lines go to standard error at info.
/// False where open_log_file() refuses the file: the log then stays where it was.
bool set_up(const Options& options);

/// What stands in front of a line on standard error: its priority as sd-daemon(3) has it, where systemd's
/// journal reads that ($JOURNAL_STREAM, systemd.exec(5)), else nothing. The log does it by itself.
std::string journal_prefix(Level level);

bool enabled(Level level);

/// Any thread. One line each; what is not printable() in `line` is replaced. Above debug, lines of one kind
/// (kind_of_line) beyond five in ten seconds are counted instead of printed.
void write(Level level, std::string_view line);

/// A line that is printed however many of its kind there are.
void write_event(Level level, std::string_view line);

/// Says how many lines have not been printed, of the kinds whose ten seconds are over: with every line, and
/// from now on by the timer, every few seconds.
void tell_counts_by(Timer& timer);
/// The same of all, at the end of the process.
void settle();

template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::debug)) write(Level::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::info)) write(Level::info, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::warning)) write(Level::warning, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::error)) write(Level::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace mediafs::log
