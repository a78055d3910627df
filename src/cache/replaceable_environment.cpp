#include "cache/replaceable_environment.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>

#include "cache/database_file.h"
#include "cache/file_io.h"
#include "mediafs/base/log.h"

namespace mediafs {

namespace {

// Each broken one keeps its map and its files open. Where there is more damage than this, the disk fails or
// somebody damages the file on purpose, and another new file would not help.
constexpr std::size_t kMostAttempts = 8;

/// Sets the file aside and opens a new one.
Result<std::unique_ptr<Environment>> begin_anew(const std::string& path, std::uint64_t map_size,
                                                const std::string& why) {
  log::warning("the cache's file '{}' is damaged ({}); beginning a new one beside it", name_of(path), why);
  if (Status moved = set_database_aside(path); !moved) return moved.error();
  return Environment::open(path, map_size);
}

}  // namespace

ReplaceableEnvironment::ReplaceableEnvironment(std::string path, std::uint64_t map_size,
                                               std::unique_ptr<Environment> first)
    : path_(std::move(path)), map_size_(map_size), page_size_(first->page_size()), current_(first.get()) {
  all_.push_back(std::move(first));
}

Result<std::unique_ptr<ReplaceableEnvironment>> ReplaceableEnvironment::open(const std::string& path,
                                                                             std::uint64_t map_size) {
  auto opened = Environment::open(path, map_size);
  if (!opened && opened.error().code == Errc::corrupt)
    opened = begin_anew(path, map_size, opened.error().context);
  if (!opened) return std::move(opened).error().in(name_of(path));
  return std::unique_ptr<ReplaceableEnvironment>(
      new ReplaceableEnvironment(path, map_size, *std::move(opened)));
}

Status ReplaceableEnvironment::write(const std::function<Status(Environment::Writer&)>& body) {
  replace_if_broken();  // a reader may have met with the damage
  const Status written = current().write(body);
  return replace_if_broken() ? current().write(body) : written;
}

void ReplaceableEnvironment::flush() {
  if (const auto fd = file()) ::sync_file_range(*fd, 0, 0, SYNC_FILE_RANGE_WRITE);
  replace_if_broken();
}

std::optional<int> ReplaceableEnvironment::file() {
  return current().file();
}

std::uint64_t ReplaceableEnvironment::size() {
  struct stat status{};
  const auto fd = file();
  return fd && ::fstat(*fd, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

bool ReplaceableEnvironment::replace_if_broken() {
  if (!current().broken() || attempts_ == kMostAttempts) return false;
  ++attempts_;
  auto fresh = begin_anew(path_, map_size_, "found in use");
  if (!fresh) {
    log::warning("no new {} can be begun: {}", name_of(path_), fresh.error().context);
    return false;
  }
  all_.push_back(*std::move(fresh));
  if (begun_anew_) begun_anew_();
  current_.store(all_.back().get(), std::memory_order_release);
  return true;
}

}  // namespace mediafs
