#pragma once

#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "mediafs/base/bytes.h"
#include "mediafs/base/clock.h"
#include "mediafs/base/mutex.h"
#include "mediafs/model/media_id.h"

namespace mediafs {

/// The sessions of `--sessions FILE`: one id a line, empty lines and those that begin with # aside.
/// Thread-safe.
class SessionFile {
 public:
  /// An empty path: none.
  SessionFile(std::string path, const Clock& clock) : path_(std::move(path)), clock_(clock) {}

  static constexpr std::uint64_t kMostBytes = 64_MiB;

  struct Content {
    std::unordered_set<MediaId> ids;
    UnixSeconds modified = 0;  // the file's own time
  };
  using ContentRef = std::shared_ptr<const Content>;

  /// As the file is now, or was within the last second. While it cannot be read, or is beyond kMostBytes, as
  /// it was last.
  ContentRef current() EXCLUDES(mutex_);

 private:
  struct Look {
    bool readable = false;
    struct stat status{};
    ContentRef content;  // null: as it was
  };
  [[nodiscard]] Look look(const std::optional<struct stat>& seen) const;

  const std::string path_;
  const Clock& clock_;
  Mutex mutex_{LockRank::session_file};
  ContentRef content_ GUARDED_BY(mutex_) = std::make_shared<const Content>();
  std::optional<SteadyTime> looked_at_ GUARDED_BY(mutex_);
  std::optional<struct stat> seen_ GUARDED_BY(mutex_);  // of the content
  bool complained_ GUARDED_BY(mutex_) = false;
};

}  // namespace mediafs
