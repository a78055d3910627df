#include "mediafs/store/catalog.h"

#include "mediafs/cache/cache.h"
#include "mediafs/crypto/random.h"

namespace mediafs {

namespace {

constexpr std::size_t kMostAbsent = 10'000;

/// Whether chunks of an earlier run may be served: all of them are there and verified, or what is missing can
/// be fetched with proof (a strong entity tag) that it is the same version.
bool trustworthy(const MediaItem& item) {
  return !item.unverified && (item.complete || !item.etag.empty());
}

}  // namespace

Revision new_revision() {
  return Revision{crypto::random_number()};
}

Catalog::Catalog(Cache* cache) : cache_(cache) {
  if (cache_ == nullptr) return;
  for (MediaItem& item : cache_->load().items) {
    if (!trustworthy(item)) {
      cache_->drop(item.id, item.revision);
      item.revision = new_revision();
      item.unverified = false;
    }
    auto known = std::make_shared<const MediaItem>(std::move(item));
    items_.emplace(known->id, std::move(known));
  }
}

MediaItemRef Catalog::find(const MediaId& id) const {
  const MutexLock lock(mutex_);
  const auto found = items_.find(id);
  return found == items_.end() ? nullptr : found->second;
}

std::vector<MediaItemRef> Catalog::all() const {
  const MutexLock lock(mutex_);
  std::vector<MediaItemRef> items;
  items.reserve(items_.size());
  for (const auto& [id, item] : items_) items.push_back(item);
  return items;
}

std::size_t Catalog::size() const {
  const MutexLock lock(mutex_);
  return items_.size();
}

MediaItemRef Catalog::remember(MediaItem item) {
  auto known = std::make_shared<const MediaItem>(std::move(item));
  {
    const MutexLock lock(mutex_);
    items_[known->id] = known;
    absent_.erase(known->id);
  }
  if (cache_ != nullptr) cache_->store_item(*known);
  return known;
}

void Catalog::forget(const MediaId& id) {
  {
    const MutexLock lock(mutex_);
    items_.erase(id);
  }
  if (cache_ != nullptr) cache_->forget_item(id);
}

void Catalog::note_absent(const MediaId& id, Duration ttl) {
  const SteadyTime now = steady_now();
  const MutexLock lock(mutex_);
  if (absent_.size() >= kMostAbsent) {
    std::erase_if(absent_, [&](const auto& entry) { return entry.second <= now; });
    if (absent_.size() >= kMostAbsent) absent_.clear();  // somebody guesses: asking again is the lesser evil
  }
  absent_[id] = now + ttl;
}

bool Catalog::known_absent(const MediaId& id) const {
  const MutexLock lock(mutex_);
  const auto found = absent_.find(id);
  return found != absent_.end() && found->second > steady_now();
}

}  // namespace mediafs
