#include "mediafs/base/repeated_lines.h"

#include <algorithm>

namespace mediafs::log {

namespace {

constexpr std::size_t kLongestKind = 40;
constexpr std::size_t kPseudonym = 8;
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kWordAlphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";

/// Whether lines of one kind may differ in it.
bool is_name_or_number(std::string_view word) {
  const bool pseudonym =
      word.size() == kPseudonym && word.find_first_not_of(kHexDigits) == std::string_view::npos;
  return pseudonym || word.find_first_of(kDigits) != std::string_view::npos;
}

RepeatedLines::Count count_of(const std::pair<Level, std::string>& kind, std::uint64_t lines) {
  return {kind.first, kind.second, lines - std::min(lines, RepeatedLines::kPrinted)};
}

}  // namespace

std::string kind_of_line(std::string_view line) {
  line = line.substr(0, line.find('('));
  std::string kind;
  while (!line.empty() && kind.size() < kLongestKind) {
    const std::size_t word = std::min(line.find_first_not_of(kWordAlphabet), line.size());
    if (word > 0) kind += is_name_or_number(line.substr(0, word)) ? "#" : line.substr(0, word);
    if (word < line.size()) kind.push_back(line[word]);
    line.remove_prefix(std::min(word + 1, line.size()));
  }
  while (kind.ends_with(' ')) kind.pop_back();
  return kind;
}

bool RepeatedLines::note(Level level, std::string_view line, SteadyTime now) {
  std::pair<Level, std::string> kind{level, kind_of_line(line)};
  if (windows_.size() >= kMostKinds && !windows_.contains(kind)) kind.second = "(various)";
  Window& window = windows_.try_emplace(std::move(kind), Window{now, 0}).first->second;
  return ++window.lines <= kPrinted;
}

std::vector<RepeatedLines::Count> RepeatedLines::ended_by(SteadyTime now) {
  std::vector<Count> counts;
  std::erase_if(windows_, [&](const Windows::value_type& entry) {
    const bool over = now >= entry.second.began + kWithin;
    if (over && entry.second.lines > kPrinted) counts.push_back(count_of(entry.first, entry.second.lines));
    return over;
  });
  return counts;
}

std::vector<RepeatedLines::Count> RepeatedLines::all() {
  return ended_by(SteadyTime::max());
}

std::string to_string(const RepeatedLines::Count& count) {
  return fmt::format("{} more lines of the kind: {}", count.lines, count.kind);
}

}  // namespace mediafs::log
