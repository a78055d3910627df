#include "filesystem/session_file.h"

#include <fstream>

#include "mediafs/base/log.h"
#include "mediafs/base/text.h"

namespace mediafs {

namespace {

constexpr auto kLookAgain = std::chrono::seconds(1);

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_dev == b.st_dev && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

SessionFile::ContentRef SessionFile::current() {
  const MutexLock lock(mutex_);
  const SteadyTime now = steady_now();
  if (path_.empty() || (looked_at_ && now < *looked_at_ + kLookAgain)) return content_;
  looked_at_ = now;
  struct stat status{};
  const bool there = ::stat(path_.c_str(), &status) == 0 && S_ISREG(status.st_mode);
  if (!there) {
    if (!complained_) log::warning("the file of sessions cannot be read; those that it held are still shown");
    complained_ = true;
  } else if (!seen_ || !same_file(*seen_, status)) {
    read(status);
  }
  return content_;
}

void SessionFile::read(const struct stat& status) {
  std::ifstream file(path_);
  auto content = std::make_shared<Content>();
  content->modified = status.st_mtim.tv_sec;
  std::size_t bad = 0;
  for (std::string line; std::getline(file, line);) {
    const std::string_view text = trimmed(line);
    if (text.empty() || text.front() == '#') continue;
    auto id = MediaId::parse(text);
    id ? void(content->ids.insert(*std::move(id))) : void(++bad);
  }
  if (bad > 0) log::warning("the file of sessions has {} lines that are no ids", bad);
  log::info("the file of sessions has {} of them", content->ids.size());
  complained_ = false;
  seen_ = status;
  content_ = std::move(content);
}

}  // namespace mediafs
