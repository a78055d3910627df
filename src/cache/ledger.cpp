#include "cache/ledger.h"

#include <algorithm>

namespace mediafs {

void Ledger::add(Version version) {
  const MutexLock lock(mutex_);
  chunks_ += version.chunks;
  const auto [place, is_new] = versions_.try_emplace(version.revision, version);
  if (is_new) return;
  chunks_ -= place->second.chunks;
  place->second = std::move(version);
}

std::optional<Ledger::Version> Ledger::find(Revision revision) const {
  const MutexLock lock(mutex_);
  const auto found = versions_.find(revision);
  return found == versions_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<KeySlot> Ledger::use(Revision revision, UnixSeconds now) {
  const MutexLock lock(mutex_);
  const auto found = versions_.find(revision);
  if (found == versions_.end()) return std::nullopt;
  if (found->second.last_used_at != now) used_.insert(revision);
  found->second.last_used_at = now;
  return found->second.slot;
}

void Ledger::add_chunks(Revision revision, std::uint64_t count) {
  const MutexLock lock(mutex_);
  const auto found = versions_.find(revision);
  if (found == versions_.end()) return;
  found->second.chunks += count;
  chunks_ += count;
}

void Ledger::set_chunks(Revision revision, std::uint64_t count) {
  const MutexLock lock(mutex_);
  const auto found = versions_.find(revision);
  if (found == versions_.end()) return;
  chunks_ += count - std::exchange(found->second.chunks, count);
}

void Ledger::remove_chunks(Revision revision, std::uint64_t count) {
  const MutexLock lock(mutex_);
  const auto found = versions_.find(revision);
  if (found == versions_.end()) return;
  const std::uint64_t removed = std::min(count, found->second.chunks);
  found->second.chunks -= removed;
  chunks_ -= removed;
}

void Ledger::remove_all_chunks() {
  const MutexLock lock(mutex_);
  for (auto& [revision, version] : versions_) version.chunks = 0;
  chunks_ = 0;
}

std::optional<Ledger::Version> Ledger::remove(Revision revision) {
  const MutexLock lock(mutex_);
  const auto found = versions_.find(revision);
  if (found == versions_.end()) return std::nullopt;
  std::optional<Version> version(std::move(found->second));
  chunks_ -= version->chunks;
  versions_.erase(found);
  used_.erase(revision);
  return version;
}

std::vector<Ledger::Version> Ledger::take_used(std::size_t most) {
  const MutexLock lock(mutex_);
  std::vector<Version> taken;
  while (!used_.empty() && taken.size() < most) {
    const auto found = versions_.find(*used_.begin());
    used_.erase(used_.begin());
    if (found != versions_.end()) taken.push_back(found->second);
  }
  return taken;
}

std::optional<Ledger::ListingPlace> Ledger::find(const ListingKey& key) const {
  const MutexLock lock(mutex_);
  const auto found = listings_.find(key);
  return found == listings_.end() ? std::nullopt : std::optional(found->second);
}

void Ledger::add(const ListingKey& key, const ListingPlace& place) {
  const MutexLock lock(mutex_);
  listings_[key] = place;
}

void Ledger::renew(const ListingKey& key, const ListingPlace& place) {
  const MutexLock lock(mutex_);
  const auto found = listings_.find(key);
  if (found != listings_.end() && found->second.slot == place.slot) found->second = place;
}

std::optional<Ledger::ListingPlace> Ledger::remove(const ListingKey& key) {
  const MutexLock lock(mutex_);
  const auto found = listings_.find(key);
  if (found == listings_.end()) return std::nullopt;
  const ListingPlace place = found->second;
  listings_.erase(found);
  return place;
}

Ledger::DetachedKeys Ledger::detach_keys(const std::vector<MediaId>& ids,
                                         const std::vector<ListingKey>& listings) {
  const std::unordered_set<MediaId> named(ids.begin(), ids.end());
  DetachedKeys detached;
  const MutexLock lock(mutex_);
  for (auto& [revision, version] : versions_) {
    if (!named.contains(version.id)) continue;
    detached.versions.push_back(version);
    if (version.slot) detached.slots.push_back(*std::exchange(version.slot, std::nullopt));
  }
  for (const ListingKey& key : listings) {
    const auto found = listings_.find(key);
    if (found == listings_.end()) continue;
    detached.slots.push_back(found->second.slot);
    listings_.erase(found);
  }
  return detached;
}

void Ledger::pin(const MediaId& id) {
  const MutexLock lock(mutex_);
  ++pins_[id];
}

void Ledger::unpin(const MediaId& id) {
  const MutexLock lock(mutex_);
  const auto found = pins_.find(id);
  if (found != pins_.end() && --found->second == 0) pins_.erase(found);
}

std::vector<Ledger::Version> Ledger::victims(std::uint64_t chunks,
                                             const std::unordered_set<Revision>& busy) const {
  const MutexLock lock(mutex_);
  std::vector<EvictionCandidate> candidates;
  for (const auto& [revision, version] : versions_) {
    if (version.chunks == 0 || pins_.contains(version.id) || busy.contains(revision)) continue;
    candidates.push_back({revision, version.last_used_at, version.chunks});
  }
  std::vector<Version> chosen;
  for (const Revision revision : choose_victims(std::move(candidates), chunks)) {
    chosen.push_back(versions_.at(revision));
  }
  return chosen;
}

Ledger::Old Ledger::stored_before(UnixSeconds time) const {
  const MutexLock lock(mutex_);
  Old old;
  for (const auto& [revision, version] : versions_) {
    if (version.stored_at < time && version.slot) old.media.push_back(version.id);
  }
  for (const auto& [key, place] : listings_) {
    if (place.stored_at < time) old.listings.push_back(key);
  }
  return old;
}

Ledger::Totals Ledger::totals() const {
  const MutexLock lock(mutex_);
  Totals totals{.media = versions_.size(), .chunks = chunks_, .listings = listings_.size(), .oldest = {}};
  for (const auto& [revision, version] : versions_) {
    if (!totals.oldest || version.stored_at < *totals.oldest) totals.oldest = version.stored_at;
  }
  return totals;
}

std::uint64_t Ledger::chunks() const {
  const MutexLock lock(mutex_);
  return chunks_;
}

std::vector<Ledger::Version> Ledger::versions() const {
  const MutexLock lock(mutex_);
  std::vector<Version> all;
  all.reserve(versions_.size());
  for (const auto& [revision, version] : versions_) all.push_back(version);
  return all;
}

std::vector<ListingKey> Ledger::listings() const {
  const MutexLock lock(mutex_);
  std::vector<ListingKey> all;
  all.reserve(listings_.size());
  for (const auto& [key, place] : listings_) all.push_back(key);
  return all;
}

}  // namespace mediafs
