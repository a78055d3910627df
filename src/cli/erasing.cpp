#include "cli/erasing.h"

#include <algorithm>

#include "mediafs/base/log.h"

namespace mediafs {

namespace {

constexpr Duration kSoonest{100};
constexpr Duration kLatest{60'000};

/// So that nothing stays much longer than it may, however short that is.
Duration interval_for(Duration max_age) {
  return std::clamp<Duration>(max_age / 4, kSoonest, kLatest);
}

}  // namespace

Erasing::Erasing(Filesystem& filesystem, Cache* cache, Mount& mount)
    : filesystem_(filesystem), cache_(cache), mount_(mount) {}

/// Keys first: whatever the kernel waits for then, nothing can be had from the disk any more.
Status Erasing::finish(const std::vector<Erasure>& gone) {
  Traces all;
  for (const Erasure& one : gone) {
    all.media.insert(all.media.end(), one.traces.media.begin(), one.traces.media.end());
    all.listings.insert(all.listings.end(), one.traces.listings.begin(), one.traces.listings.end());
  }
  Status erased = cache_ == nullptr ? ok_status() : cache_->erase(all.media, all.listings);
  for (const Erasure& one : gone) mount_.forget(one);
  return erased;
}

Result<std::size_t> Erasing::erase(const std::vector<MediaId>& media, const std::vector<MediaId>& sessions) {
  const MutexLock lock(mutex_);
  std::vector<Erasure> gone;
  gone.reserve(media.size() + sessions.size());
  for (const MediaId& id : media) gone.push_back(filesystem_.erase(id));
  for (const MediaId& session : sessions) gone.push_back(filesystem_.erase_session(session));
  if (Status finished = finish(gone); !finished) return finished.error();
  std::size_t known = 0;
  for (const Erasure& one : gone) known += one.erased.media;
  log::info("{} media erased as asked", known);
  return known;
}

void Erasing::erase_gone(const Erasure& gone) {
  const MutexLock lock(mutex_);
  const Status erased = finish({gone});
  if (!erased) log::warning("what the origin has erased cannot be erased here: {}", erased.error().context);
}

Status Erasing::clear() {
  const MutexLock lock(mutex_);
  const Status known = finish({filesystem_.erase_everything()});
  const Status rest = cache_ == nullptr ? ok_status() : cache_->erase_all();
  log::info("the cache is cleared, as asked");
  return known.ok() ? rest : known;
}

void Erasing::erase_expired() {
  const MutexLock lock(mutex_);
  const Cache::Expired old = cache_->expired();
  if (old.media.empty() && old.listings.empty()) return;
  const Status erased = finish({filesystem_.erase(Traces{.media = old.media, .listings = old.listings})});
  if (!erased) log::warning("what is too old cannot be erased: {}", erased.error().context);
  log::info("{} media and {} listings had become too old", old.media.size(), old.listings.size());
}

void erase_what_is_too_old(Erasing& erasing, Duration max_age, Timer& chores) {
  chores.after(interval_for(max_age), [&erasing, max_age, &chores] {
    erasing.erase_expired();
    erase_what_is_too_old(erasing, max_age, chores);
  });
}

CacheControl control_of(Cache& cache, Erasing& erasing) {
  return {
      .cache = cache,
      .erase = [&erasing](const auto& media, const auto& sessions) { return erasing.erase(media, sessions); },
      .clear = [&erasing] { return erasing.clear(); }};
}

}  // namespace mediafs
