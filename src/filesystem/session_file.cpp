#include "filesystem/session_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "mediafs/base/log.h"
#include "mediafs/base/text.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {

namespace {

constexpr auto kLookAgain = std::chrono::seconds(1);
constexpr std::size_t kMostNamed = 10;

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_dev == b.st_dev && a.st_size == b.st_size &&
         a.st_ctim.tv_sec == b.st_ctim.tv_sec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

/// "lines 3, 7 and 12 more"
std::string text_of_lines(const std::vector<std::size_t>& numbers) {
  const std::size_t named = std::min(numbers.size(), kMostNamed);
  std::string text =
      fmt::format("{} {}", numbers.size() == 1 ? "line" : "lines",
                  fmt::join(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(named), ", "));
  if (numbers.size() > named) text += fmt::format(" and {} more", numbers.size() - named);
  return text;
}

std::shared_ptr<const SessionFile::Content> content_of(const std::string& text, UnixSeconds modified) {
  auto content = std::make_shared<SessionFile::Content>();
  content->modified = modified;
  std::vector<std::size_t> bad;
  std::size_t number = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const std::string_view word = trimmed(line);
    if (word.empty() || word.front() == '#') continue;
    auto id = MediaId::parse(word);
    id ? void(content->ids.insert(*std::move(id))) : bad.push_back(number);
  }
  if (!bad.empty()) {
    log::warning("the file of sessions has {} {} no id: {}", bad.size(),
                 bad.size() == 1 ? "line that is" : "lines that are", text_of_lines(bad));
  }
  log::info("the file of sessions has {} of them", content->ids.size());
  return content;
}

}  // namespace

SessionFile::ContentRef SessionFile::current() {
  std::optional<struct stat> seen;
  {
    const MutexLock lock(mutex_);
    const SteadyTime now = clock_.now();
    if (path_.empty() || (looked_at_ && now < *looked_at_ + kLookAgain)) return content_;
    looked_at_ = now;
    seen = seen_;
  }
  const Look found = look(seen);  // the others are not held up, and see what was
  ContentRef content;
  bool complained = false;
  {
    const MutexLock lock(mutex_);
    complained = std::exchange(complained_, !found.readable);
    if (found.content) {
      content_ = found.content;
      seen_ = found.status;
    }
    content = content_;
  }
  if (!found.readable && !complained) {
    log::warning(
        "the file of sessions cannot be read, or is larger than 64 MiB; those that it held are still shown");
  }
  return content;
}

SessionFile::Look SessionFile::look(const std::optional<struct stat>& seen) const {
  // A pipe or the like in the file's place must not block the open.
  const UniqueFd file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  if (static_cast<std::uint64_t>(status.st_size) > kMostBytes) return {};
  if (seen && same_file(*seen, status)) return {.readable = true, .status = status, .content = nullptr};
  std::string text;
  std::array<char, 65536> piece{};
  ssize_t count = 0;
  while (text.size() <= kMostBytes && (count = ::read(file.get(), piece.data(), piece.size())) > 0)
    text.append(piece.data(), static_cast<std::size_t>(count));
  if (count < 0) return {};
  return {.readable = true, .status = status, .content = content_of(text, status.st_mtim.tv_sec)};
}

}  // namespace mediafs
