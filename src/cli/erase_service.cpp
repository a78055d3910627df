#include "cli/erase_service.h"

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

EraseService::EraseService(Filesystem& filesystem, Cache* cache, Mount& mount)
    : filesystem_(filesystem), cache_(cache), mount_(mount) {}

/// Keys first: while this waits for the kernel, nothing can be read from the disk any more.
Status EraseService::finish(const std::vector<EraseResult>& results) {
  EraseScope all;
  for (const EraseResult& one : results) {
    all.media.insert(all.media.end(), one.scope.media.begin(), one.scope.media.end());
    erased_ += one.count.media;
    all.listings.insert(all.listings.end(), one.scope.listings.begin(), one.scope.listings.end());
  }
  Status erased = cache_ == nullptr ? ok_status() : cache_->erase(all.media, all.listings);
  for (const EraseResult& one : results) mount_.forget(one);
  return erased;
}

Result<std::size_t> EraseService::erase(const std::vector<MediaId>& media,
                                        const std::vector<MediaId>& sessions) {
  const MutexLock lock(mutex_);
  std::vector<EraseResult> results;
  results.reserve(media.size() + sessions.size());
  for (const MediaId& id : media) results.push_back(filesystem_.erase(id));
  for (const MediaId& session : sessions) results.push_back(filesystem_.erase_session(session));
  if (Status finished = finish(results); !finished) return finished.error();
  std::size_t known = 0;
  for (const EraseResult& one : results) known += one.count.media;
  log::info("{} media erased as asked", known);
  return known;
}

void EraseService::finish_erased(const EraseResult& result) {
  const MutexLock lock(mutex_);
  const Status erased = finish({result});
  if (!erased) log::warning("what the origin has erased cannot be erased here: {}", erased.error().context);
}

Status EraseService::clear() {
  const MutexLock lock(mutex_);
  const Status known = finish({filesystem_.erase_everything()});
  const Status rest = cache_ == nullptr ? ok_status() : cache_->erase_all();
  log::info("the cache is cleared, as asked");
  return known.ok() ? rest : known;
}

void EraseService::erase_expired() {
  const MutexLock lock(mutex_);
  const Cache::Expired old = cache_->expired();
  if (old.media.empty() && old.listings.empty()) return;
  const Status erased = finish({filesystem_.erase(EraseScope{.media = old.media, .listings = old.listings})});
  if (!erased) log::warning("what is too old cannot be erased: {}", erased.error().context);
  log::info("{} media and {} listings had become too old", old.media.size(), old.listings.size());
}

void erase_what_is_too_old(EraseService& erase_service, Duration max_age, Timer& chores) {
  chores.after(interval_for(max_age), [&erase_service, max_age, &chores] {
    erase_service.erase_expired();
    erase_what_is_too_old(erase_service, max_age, chores);
  });
}

CacheControl control_of(Cache& cache, EraseService& erase_service, std::string mountpoint) {
  return {.cache = cache,
          .erase = [&erase_service](const auto& media,
                                    const auto& sessions) { return erase_service.erase(media, sessions); },
          .clear = [&erase_service] { return erase_service.clear(); },
          .give_way = nullptr,
          .mountpoint = std::move(mountpoint)};
}

}  // namespace mediafs
