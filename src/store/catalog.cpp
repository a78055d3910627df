#include "mediafs/store/catalog.h"

#include <algorithm>
#include <tuple>
#include <unordered_set>

#include "mediafs/cache/media_cache.h"
#include "mediafs/crypto/random.h"
#include "mediafs/model/media_type.h"
#include "store/mentions.h"

namespace mediafs {

namespace {

constexpr std::size_t kMostAbsent = 10'000;

MediaItem provisional_item(const ListedMedia& media, bool superseded) {
  return {.id = media.id,
          .size = media.size.value_or(0),
          .content_type = media.content_type,
          .modified = media.first_seen,
          .shown = media.first_seen,
          .unsized = !media.size,
          .superseded = superseded};
}

/// What `listed` does not tell, as another listing has it.
void complete(ListedMedia& listed, const ListedMedia& other) {
  if (listed.context.empty()) listed.context = other.context;
  if (listed.content_type == kUnknownType) listed.content_type = other.content_type;
  if (!listed.size) listed.size = other.size;
  if (listed.duration.empty()) listed.duration = other.duration;
  if (listed.session.empty()) listed.session = other.session;
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

/// What the cache has kept and, over that, what the journal says.
struct Catalog::Left {
  std::unordered_map<MediaId, MediaItem> items;
  std::unordered_map<ListingKey, Listing> listings;

  void add(MediaItem item) { items.insert_or_assign(MediaId(item.id), std::move(item)); }
  void add(const MediaId& gone) { items.erase(gone); }
  void add(Listing listing) { listings.insert_or_assign(ListingKey(listing.key), std::move(listing)); }
  void add(const ListingKey& gone) { listings.erase(gone); }
};

Catalog::Catalog(Options options, MediaCache* cache, const Clock& clock)
    : options_(std::move(options)), cache_(cache), clock_(clock), listings_(std::make_unique<Listings>()) {
  Left left;
  if (cache_ != nullptr) {
    cache_->on_incomplete([this](const MediaId& id, Revision revision) { note_incomplete(id, revision); });
    MediaCache::Known kept = cache_->load();
    for (MediaItem& item : kept.items) left.add(std::move(item));
    for (Listing& listing : kept.listings) left.add(std::move(listing));
  }
  if (options_.journal != nullptr) {
    take_over(options_.journal->left(), left);
    if (cache_ != nullptr) options_.journal->follow([cache] { return cache->progress(); });
  }
  take_in(std::move(left));
  if (options_.journal != nullptr && cache_ == nullptr)
    options_.journal->follow([this] { return everything(); });
}

/// As the journal has it.
std::vector<Journal::Entry> Catalog::everything() const {
  const MutexLock lock(mutex_);
  std::vector<Journal::Entry> entries;
  entries.reserve(items_.size() + listings_->by_key.size());
  for (const auto& [key, listing] : listings_->by_key) entries.emplace_back(*listing);
  for (const auto& [id, item] : items_) {
    if (!item->from_listing_only()) entries.emplace_back(*item);  // the listing tells of the others
  }
  return entries;
}

/// Has the cache store what the journal knows and it does not.
void Catalog::take_over(std::vector<Journal::Entry>&& entries, Left& left) {
  if (entries.empty()) return;
  const Left kept = left;
  for (Journal::Entry& entry : entries) std::visit([&left](auto& one) { left.add(std::move(one)); }, entry);
  store_changes(kept, left);
}

void Catalog::store_changes(const Left& kept, const Left& left) {
  if (cache_ == nullptr) return;
  for (const auto& [id, item] : left.items) {
    const auto before = kept.items.find(id);
    const bool known = before != kept.items.end();
    if (known && before->second.revision != item.revision) {
      cache_->renew_item(item, before->second.revision);
    } else if (!known || before->second != item) {
      cache_->store_item(item);
    }
  }
  for (const auto& [key, listing] : left.listings) {
    const auto before = kept.listings.find(key);
    if (before == kept.listings.end() || before->second != listing)
      cache_->store_listing(std::make_shared<const Listing>(listing));
  }
  for (const auto& [id, item] : kept.items) {
    if (!left.items.contains(id)) cache_->forget_item(id);
  }
  for (const auto& [key, listing] : kept.listings) {
    if (!left.listings.contains(key)) cache_->forget_listing(key);
  }
}

void Catalog::take_in(Left&& left) {
  for (auto& [id, item] : left.items) {
    if (trustworthy(item)) continue;
    const Revision before = std::exchange(item.revision, new_revision());
    if (cache_ != nullptr) cache_->renew_item(item, before);
    note(item);
  }
  const MutexLock lock(mutex_);
  for (auto& [id, item] : left.items) {
    auto known = std::make_shared<const MediaItem>(std::move(item));
    newest_ = std::max(newest_, known->shown);
    items_.emplace(known->id, std::move(known));
  }
  for (auto& [key, listing] : left.listings) add_listing(std::make_shared<const Listing>(std::move(listing)));
}

/// Whether chunks of an earlier run may be served: all of them are there and verified, or what is missing can
/// be fetched with proof (a strong entity tag) that it is the same version. Of a version that has been opened
/// by way of an earlier server, what comes is held against what that has given out (ServedFingerprints).
bool Catalog::trustworthy(const MediaItem& item) const {
  if (options_.in_use.contains(item.revision)) return true;
  const bool all_is_here = item.complete && cache_ != nullptr;
  return !item.unverified && (all_is_here || !item.etag.empty());
}

/// After the cache has been told, before anybody is answered.
void Catalog::note(const Journal::Entry& entry) const {
  if (options_.journal != nullptr) options_.journal->add(entry);
}

Catalog::~Catalog() {
  if (options_.journal != nullptr) options_.journal->unfollow();
  if (cache_ != nullptr) cache_->on_incomplete({});
}

/// Its chunks are not all in the cache any more, which knows that already.
void Catalog::note_incomplete(const MediaId& id, Revision revision) {
  const MutexLock lock(mutex_);
  const auto found = items_.find(id);
  if (found == items_.end() || found->second->revision != revision || !found->second->complete) return;
  MediaItem item = *found->second;
  item.complete = false;
  found->second = std::make_shared<const MediaItem>(std::move(item));
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

UnixSeconds Catalog::newest() const {
  const MutexLock lock(mutex_);
  return newest_;
}

bool Catalog::empty() const {
  const MutexLock lock(mutex_);
  return items_.empty() && listings_->by_key.empty();
}

MediaItemRef Catalog::remember(MediaItem item) {
  auto known = take(std::move(item));
  if (cache_ != nullptr) cache_->store_item(*known);
  note(*known);
  return known;
}

MediaItemRef Catalog::renew(MediaItem item) {
  const Revision before = std::exchange(item.revision, new_revision());
  auto known = take(std::move(item));
  if (cache_ != nullptr) cache_->renew_item(*known, before);
  note(*known);
  return known;
}

MediaItemRef Catalog::take(MediaItem item) {
  auto known = std::make_shared<const MediaItem>(std::move(item));
  const MutexLock lock(mutex_);
  items_[known->id] = known;
  newest_ = std::max(newest_, known->shown);
  absent_.erase(known->id);
  return known;
}

void Catalog::forget(const MediaId& id) {
  {
    const MutexLock lock(mutex_);
    const auto before = items_.find(id);
    const bool superseded =
        before != items_.end() && (before->second->superseded || !before->second->from_listing_only());
    if (before != items_.end()) items_.erase(before);
    if (listings_->media.count(id) > 0) add_provisional(id, superseded);
  }
  if (cache_ != nullptr) cache_->forget_item(id);
  note(id);
}

/// What a listing says is used until the media itself has been asked for.
void Catalog::add_provisional(const MediaId& id, bool superseded) {
  MediaItemRef& place = items_[id];
  if (place && !place->from_listing_only()) return;
  place = std::make_shared<const MediaItem>(
      provisional_item(*as_listed(id), superseded || (place && place->superseded)));
}

void Catalog::add_listing(const ListingRef& listing) {
  listings_->by_key[listing->key] = listing;
  newest_ = std::max(newest_, listing->changed);
  listings_->media.add(listing, listing->media);
  listings_->attempts.add(listing, listing->attempts);
  for (const ListedMedia& media : listing->media) add_provisional(media.id, /*superseded=*/false);
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
    if (before) drop_provisional_of(*before);
  }
  if (cache_ != nullptr) cache_->store_listing(listing);
  note(*listing);
  return listing;
}

void Catalog::set_first_seen(Listing& answered) const {
  for (ListedMedia& media : answered.media) {
    const auto listed = listings_->media.find(media.id);
    const auto item = items_.find(media.id);
    const UnixSeconds unlisted = item == items_.end() ? answered.listed : item->second->shown;
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
    drop_provisional_of(*listing);
  }
  if (cache_ != nullptr) cache_->forget_listing(key);
  note(key);
}

void Catalog::remove_from_listing(const ListingKey& key, const std::vector<MediaId>& media) {
  const ListingRef before = find_listing(key);
  if (!before) return;
  const std::unordered_set<MediaId> removed(media.begin(), media.end());
  Listing rest = *before;
  rest.listed = 0;
  std::erase_if(rest.media, [&](const ListedMedia& listed) { return removed.contains(listed.id); });
  const auto listing = std::make_shared<const Listing>(std::move(rest));
  {
    const MutexLock lock(mutex_);
    remove_listing(key);
    add_listing(listing);
    drop_provisional_of(*before);
  }
  if (cache_ != nullptr) cache_->remove_from_listing(listing);
  note(*listing);
}

/// Of media that only this listing, which has been removed, had in it.
void Catalog::drop_provisional_of(const Listing& listing) {
  for (const ListedMedia& media : listing.media) {
    const auto item = items_.find(media.id);
    if (item != items_.end() && item->second->from_listing_only() && listings_->media.count(media.id) == 0)
      items_.erase(item);
  }
}

Catalog::Mention Catalog::mention(const MediaId& id) const {
  const MutexLock lock(mutex_);
  const Listings& all = *listings_;
  std::size_t directories = 0;
  all.media.for_each(id, [&](const ListingKey& key, const ListedMedia&) {
    directories += 1 + (key.kind == ListingKind::attempt_media ? all.attempts.count(key.id) : 0);
  });
  return {all.media.count(id), directories};
}

std::optional<ListedMedia> Catalog::listed(const MediaId& id) const {
  const MutexLock lock(mutex_);
  return as_listed(id);
}

std::optional<ListedMedia> Catalog::as_listed(const MediaId& id) const {
  const auto last = listings_->media.find(id);
  if (!last) return std::nullopt;
  ListedMedia listed = *last;
  listings_->media.for_each(id,
                            [&](const ListingKey&, const ListedMedia& other) { complete(listed, other); });
  return listed;
}

std::vector<ListingKey> Catalog::listings_with(const MediaId& id) const {
  const MutexLock lock(mutex_);
  return listings_->media.listings_with(id);
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
  const SteadyTime now = clock_.now();
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
  return found != absent_.end() && found->second > clock_.now();
}

}  // namespace mediafs
