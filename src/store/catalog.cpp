#include "mediafs/store/catalog.h"

#include <algorithm>
#include <tuple>

#include "mediafs/cache/cache.h"
#include "mediafs/crypto/random.h"
#include "store/mentions.h"

namespace mediafs {

namespace {

constexpr std::size_t kMostAbsent = 10'000;

/// Whether chunks of an earlier run may be served: all of them are there and verified, or what is missing can
/// be fetched with proof (a strong entity tag) that it is the same version.
bool trustworthy(const MediaItem& item) {
  return !item.unverified && (item.complete || !item.etag.empty());
}

MediaItem claimed_item(const ListedMedia& media) {
  return {
      .id = media.id, .size = media.size, .content_type = media.content_type, .modified = media.first_seen};
}

/// All but when it was first seen.
auto content_of(const ListedMedia& media) {
  return std::tie(media.id, media.context, media.content_type, media.size, media.duration, media.session);
}
auto content_of(const ListedAttempt& attempt) {
  return std::tie(attempt.id, attempt.created);
}

bool same_content(const Listing& a, const Listing& b) {
  const auto same = [](const auto& x, const auto& y) { return content_of(x) == content_of(y); };
  return std::equal(a.media.begin(), a.media.end(), b.media.begin(), b.media.end(), same) &&
         std::equal(a.attempts.begin(), a.attempts.end(), b.attempts.begin(), b.attempts.end(), same);
}

}  // namespace

struct Catalog::Listings {
  std::unordered_map<ListingKey, ListingRef> by_key;
  Mentions<ListedMedia> media;
  Mentions<ListedAttempt> attempts;
};

Revision new_revision() {
  return Revision{crypto::random_number()};
}

Catalog::Catalog(Cache* cache) : cache_(cache), listings_(std::make_unique<Listings>()) {
  if (cache_ == nullptr) return;
  Cache::Known kept = cache_->load();
  for (MediaItem& item : kept.items) {
    if (!trustworthy(item)) {
      cache_->drop(item.id, item.revision);
      item.revision = new_revision();
      item.unverified = false;
    }
    auto known = std::make_shared<const MediaItem>(std::move(item));
    newest_ = std::max(newest_, known->modified);
    items_.emplace(known->id, std::move(known));
  }
  for (Listing& listing : kept.listings) add_listing(std::make_shared<const Listing>(std::move(listing)));
}

Catalog::~Catalog() = default;

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

UnixSeconds Catalog::newest() const {
  const MutexLock lock(mutex_);
  return newest_;
}

bool Catalog::empty() const {
  const MutexLock lock(mutex_);
  return items_.empty() && listings_->by_key.empty();
}

MediaItemRef Catalog::remember(MediaItem item) {
  auto known = std::make_shared<const MediaItem>(std::move(item));
  {
    const MutexLock lock(mutex_);
    items_[known->id] = known;
    newest_ = std::max(newest_, known->modified);
    absent_.erase(known->id);
  }
  if (cache_ != nullptr) cache_->store_item(*known);
  return known;
}

void Catalog::forget(const MediaId& id) {
  {
    const MutexLock lock(mutex_);
    items_.erase(id);
    if (const auto listed = listings_->media.find(id)) claim(*listed);
  }
  if (cache_ != nullptr) cache_->forget_item(id);
}

/// What a listing says counts until the media itself has been asked for.
void Catalog::claim(const ListedMedia& media) {
  MediaItemRef& place = items_[media.id];
  if (!place || place->claimed()) place = std::make_shared<const MediaItem>(claimed_item(media));
}

void Catalog::add_listing(const ListingRef& listing) {
  listings_->by_key[listing->key] = listing;
  newest_ = std::max(newest_, listing->changed);
  listings_->media.add(listing, listing->media);
  listings_->attempts.add(listing, listing->attempts);
  for (const ListedMedia& media : listing->media) claim(media);
}

/// The one that was there.
ListingRef Catalog::remove_listing(const ListingKey& key) {
  const auto found = listings_->by_key.find(key);
  if (found == listings_->by_key.end()) return nullptr;
  ListingRef listing = std::move(found->second);
  listings_->by_key.erase(found);
  listings_->media.remove(listing->media);
  listings_->attempts.remove(listing->attempts);
  return listing;
}

ListingRef Catalog::find_listing(const ListingKey& key) const {
  const MutexLock lock(mutex_);
  const auto found = listings_->by_key.find(key);
  return found == listings_->by_key.end() ? nullptr : found->second;
}

std::vector<ListingRef> Catalog::listings(ListingKind kind) const {
  const MutexLock lock(mutex_);
  std::vector<ListingRef> listings;
  for (const auto& [key, listing] : listings_->by_key) {
    if (key.kind == kind) listings.push_back(listing);
  }
  return listings;
}

ListingRef Catalog::remember_listing(Listing answered) {
  ListingRef before = find_listing(answered.key);  // compared, and destroyed, without the lock
  answered.changed = before && same_content(*before, answered) ? before->changed : answered.listed;
  ListingRef listing;
  {
    const MutexLock lock(mutex_);
    set_first_seen(answered);
    listing = std::make_shared<const Listing>(std::move(answered));
    before = remove_listing(listing->key);
    add_listing(listing);
    if (before) drop_claims_of(*before);
  }
  if (cache_ != nullptr) cache_->store_listing(listing);
  return listing;
}

void Catalog::set_first_seen(Listing& answered) const {
  for (ListedMedia& media : answered.media) {
    const auto listed = listings_->media.find(media.id);
    const auto item = items_.find(media.id);
    const UnixSeconds unlisted = item == items_.end() ? answered.listed : item->second->modified;
    media.first_seen = listed ? listed->first_seen : unlisted;
  }
  for (ListedAttempt& attempt : answered.attempts) {
    const auto listed = listings_->attempts.find(attempt.id);
    attempt.first_seen = listed ? listed->first_seen : answered.listed;
  }
}

void Catalog::forget_listing(const ListingKey& key) {
  ListingRef listing;
  {
    const MutexLock lock(mutex_);
    listing = remove_listing(key);
    if (!listing) return;
    drop_claims_of(*listing);
  }
  if (cache_ != nullptr) cache_->forget_listing(key);
}

/// Media that nothing but this listing, which is gone, had told of.
void Catalog::drop_claims_of(const Listing& listing) {
  for (const ListedMedia& media : listing.media) {
    const auto item = items_.find(media.id);
    if (item != items_.end() && item->second->claimed() && listings_->media.count(media.id) == 0)
      items_.erase(item);
  }
}

Catalog::Mention Catalog::mention(const MediaId& id) const {
  const MutexLock lock(mutex_);
  return {listings_->media.find(id), listings_->media.count(id)};
}

std::shared_ptr<const ListedAttempt> Catalog::attempt(const MediaId& id) const {
  const MutexLock lock(mutex_);
  return listings_->attempts.find(id);
}

std::vector<std::shared_ptr<const ListedAttempt>> Catalog::attempts() const {
  const MutexLock lock(mutex_);
  return listings_->attempts.all();
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
