#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "mediafs/base/clock.h"
#include "mediafs/base/mutex.h"
#include "mediafs/model/media_item.h"

namespace mediafs {

class Cache;

/// A snapshot of what is known of a media; it never changes, a newer one replaces it.
using MediaItemRef = std::shared_ptr<const MediaItem>;

/// Which media exist, as far as is known, and which do not. In memory, and kept in the cache where there is
/// one, so that it survives a remount. Thread-safe; its lock is a leaf.
class Catalog {
 public:
  /// `cache` may be null and must outlive this object.
  explicit Catalog(Cache* cache);

  /// Null: not known.
  [[nodiscard]] MediaItemRef find(const MediaId& id) const EXCLUDES(mutex_);
  [[nodiscard]] std::vector<MediaItemRef> all() const EXCLUDES(mutex_);
  [[nodiscard]] std::size_t size() const EXCLUDES(mutex_);

  MediaItemRef remember(MediaItem item) EXCLUDES(mutex_);

  /// What was known of it holds no more.
  void forget(const MediaId& id) EXCLUDES(mutex_);

  /// The API has said that there is no such media: believed for as long as `ttl` says. Bounded in number.
  void note_absent(const MediaId& id, Duration ttl) EXCLUDES(mutex_);
  [[nodiscard]] bool known_absent(const MediaId& id) const EXCLUDES(mutex_);

 private:
  Cache* const cache_;
  mutable Mutex mutex_;
  std::unordered_map<MediaId, MediaItemRef> items_ GUARDED_BY(mutex_);
  std::unordered_map<MediaId, SteadyTime> absent_ GUARDED_BY(mutex_);
};

/// Draws a name for a version of a media that has not been seen before.
Revision new_revision();

}  // namespace mediafs
