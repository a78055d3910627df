#include "cli/config_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "mediafs/base/text.h"

namespace mediafs {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kMostBytes = 1024 * 1024;

Error wrong(std::string what) {
  return {Errc::invalid_argument, std::move(what)};
}

/// Where a comment begins: a # behind a blank.
std::size_t comment_in(std::string_view text) {
  for (std::size_t at = text.find('#', 1); at != std::string_view::npos; at = text.find('#', at + 1)) {
    if (text[at - 1] == ' ' || text[at - 1] == '\t') return at;
  }
  return text.size();
}

Result<std::string> quoted(std::string_view text) {
  const std::size_t end = text.find(text.front(), 1);
  if (end == std::string_view::npos) return wrong("the quotes are not closed");
  const std::string_view behind = text.substr(end + 1);
  if (!trimmed(behind.substr(0, comment_in(behind))).empty())
    return wrong("something stands behind the closing quotes");
  return std::string(text.substr(1, end - 1));
}

/// `text` is all that stands behind the equals sign.
Result<std::string> value_of(std::string_view text) {
  const std::string_view inner = trimmed(text);
  const bool has_quotes = inner.starts_with('"') || inner.starts_with('\'');
  auto value = has_quotes ? quoted(inner) : std::string(trimmed(text.substr(0, comment_in(text))));
  if (value && value->empty()) return wrong("the value is empty");
  return value;
}

std::string name_of_option(std::string_view text) {
  if (text.starts_with("--")) text.remove_prefix(2);
  std::string name(text);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

Status check_characters(std::string_view line) {
  for (const char c : line) {
    if (c == '\0') return wrong("a NUL byte");
    if (static_cast<unsigned char>(c) < ' ' && c != '\t')
      return wrong(fmt::format("a control character (0x{:02x})", static_cast<unsigned>(c)));
  }
  return ok_status();
}

/// `line` is neither empty nor a comment.
Result<ConfigLine> parse_line(std::string_view line) {
  if (line.starts_with(kByteOrderMark)) return wrong("a byte order mark: save the file without one");
  if (Status checked = check_characters(line); !checked) return checked.error();
  if (line.starts_with('[')) return wrong("there are no sections: each line is name=value");
  const std::size_t comment = comment_in(line);
  const std::size_t equals = std::min(line.find('='), line.size());
  ConfigLine out;
  out.name = name_of_option(trimmed(line.substr(0, std::min(comment, equals))));
  if (out.name.empty()) return wrong("the name of an option is missing");
  if (out.name == "config") return wrong("a configuration file cannot name another");
  if (equals >= comment) return out;
  auto value = value_of(line.substr(equals + 1));
  if (!value) return std::move(value).error().in(out.name);
  out.value = *std::move(value);
  return out;
}

}  // namespace

Result<std::vector<ConfigLine>> parse_config(std::string_view text) {
  std::vector<ConfigLine> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));  // a carriage return is a blank, too
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    auto parsed = parse_line(line);
    if (!parsed) return std::move(parsed).error().in(std::to_string(number));
    parsed->number = number;
    lines.push_back(*std::move(parsed));
  }
  return lines;
}

Result<std::string> read_config(const std::string& path) {
  const auto refused = [&](std::string_view why) {
    return wrong(fmt::format("the configuration file {}: {}", path, why));
  };
  std::error_code failed;
  const auto status = std::filesystem::status(path, failed);
  if (!std::filesystem::exists(status)) return refused(failed ? failed.message() : "is not there");
  if (std::filesystem::is_directory(status)) return refused("is a directory");
  if (!std::filesystem::is_regular_file(status)) return refused("is no regular file");
  std::ifstream file(path, std::ios::binary);
  if (!file) return refused(fmt::format("cannot be read: {}", std::strerror(errno)));  // NOLINT
  std::string text(kMostBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return refused("cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMostBytes) return refused("is too large, it may have 1 MiB at most");
  return text;
}

}  // namespace mediafs
