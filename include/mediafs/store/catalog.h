#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "mediafs/base/clock.h"
#include "mediafs/base/mutex.h"
#include "mediafs/cache/journal.h"
#include "mediafs/model/listing.h"
#include "mediafs/model/media_item.h"

namespace mediafs {

class MediaCache;

/// A snapshot of what is known of a media; it never changes, a newer one replaces it.
using MediaItemRef = std::shared_ptr<const MediaItem>;

/// Which media exist, as far as is known, and which do not; what has been listed of sessions and attempts. In
/// memory, and kept in the cache where there is one, so that it survives a remount. Thread-safe; its lock is
/// a leaf.
class Catalog {
 public:
  struct Options {
    Journal* journal = nullptr;           // for a later server, and from an earlier one; null: there is none
    std::unordered_set<Revision> in_use;  // versions that have been opened by way of an earlier server
  };

  /// `cache` may be null; it, the journal and the clock must outlive this object.
  Catalog(Options options, MediaCache* cache, const Clock& clock);
  ~Catalog();
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  /// Null: not known. One that only a listing has is from_listing_only().
  [[nodiscard]] MediaItemRef find(const MediaId& id) const EXCLUDES(mutex_);
  [[nodiscard]] std::vector<MediaItemRef> all() const EXCLUDES(mutex_);

  /// Nothing at all is known.
  [[nodiscard]] bool empty() const EXCLUDES(mutex_);

  /// The latest time of anything that is known; 0 where nothing is.
  [[nodiscard]] UnixSeconds newest() const EXCLUDES(mutex_);

  MediaItemRef remember(MediaItem item) EXCLUDES(mutex_);
  /// The item under a new revision, and as old as it was; what is cached of the one that it has goes.
  MediaItemRef renew(MediaItem item) EXCLUDES(mutex_);

  /// Forgets what was known of it. Where a listing has it, it is provisional again.
  void forget(const MediaId& id) EXCLUDES(mutex_);

  /// The API has said that there is no such media: cached for `ttl`. Bounded in number.
  void note_absent(const MediaId& id, Duration ttl) EXCLUDES(mutex_);
  [[nodiscard]] bool known_absent(const MediaId& id) const EXCLUDES(mutex_);

  /// The last good one, of whatever age; null: none.
  [[nodiscard]] ListingRef find_listing(const ListingKey& key) const EXCLUDES(mutex_);
  [[nodiscard]] std::vector<ListingRef> listings(ListingKind kind) const EXCLUDES(mutex_);

  /// Takes the place of an earlier one of the key; `listed` is set by the caller, the other times here. One
  /// call at a time for a key, forget_listing included.
  ListingRef remember_listing(Listing answered) EXCLUDES(mutex_);
  void forget_listing(const ListingKey& key) EXCLUDES(mutex_);
  /// Takes these media out of the listing, which counts as stale from now on.
  void remove_from_listing(const ListingKey& key, const std::vector<MediaId>& media) EXCLUDES(mutex_);

  /// The media as the listing has it that came last; what that does not tell, as the others do. Nothing: it
  /// is in none.
  [[nodiscard]] std::optional<ListedMedia> listed(const MediaId& id) const EXCLUDES(mutex_);

  /// In how many listings a media stands, and how many directories show those: an attempt is in the list of
  /// attempts of its session too.
  struct Mention {
    std::size_t listings = 0;
    std::size_t directories = 0;
  };
  [[nodiscard]] Mention mention(const MediaId& id) const EXCLUDES(mutex_);

  /// Those that have the media in them.
  [[nodiscard]] std::vector<ListingKey> listings_with(const MediaId& id) const EXCLUDES(mutex_);

  /// An attempt as its session's listing has it; null: in none.
  [[nodiscard]] std::shared_ptr<const ListedAttempt> attempt(const MediaId& id) const EXCLUDES(mutex_);
  [[nodiscard]] std::vector<std::shared_ptr<const ListedAttempt>> attempts() const EXCLUDES(mutex_);

 private:
  struct Listings;  // with who stands in them
  struct Left;      // by earlier servers

  [[nodiscard]] bool trustworthy(const MediaItem& item) const;
  void take_over(std::vector<Journal::Entry>&& entries, Left& left);
  void store_changes(const Left& kept, const Left& left);
  void take_in(Left&& left) EXCLUDES(mutex_);
  void note(const Journal::Entry& entry) const EXCLUDES(mutex_);
  [[nodiscard]] std::vector<Journal::Entry> everything() const EXCLUDES(mutex_);

  MediaItemRef take(MediaItem item) EXCLUDES(mutex_);
  void note_incomplete(const MediaId& id, Revision revision) EXCLUDES(mutex_);
  void add_listing(const ListingRef& listing) REQUIRES(mutex_);
  ListingRef remove_listing(const ListingKey& key) REQUIRES(mutex_);
  void set_first_seen(Listing& answered) const REQUIRES(mutex_);
  [[nodiscard]] std::optional<ListedMedia> as_listed(const MediaId& id) const REQUIRES(mutex_);
  void drop_provisional_of(const Listing& listing) REQUIRES(mutex_);
  void add_provisional(const MediaId& id, bool superseded) REQUIRES(mutex_);

  const Options options_;
  MediaCache* const cache_;
  const Clock& clock_;
  mutable Mutex mutex_{LockRank::catalog};
  std::unordered_map<MediaId, MediaItemRef> items_ GUARDED_BY(mutex_);
  std::unordered_map<MediaId, SteadyTime> absent_ GUARDED_BY(mutex_);
  const std::unique_ptr<Listings> listings_ GUARDED_BY(mutex_);
  UnixSeconds newest_ GUARDED_BY(mutex_) = 0;
};

/// Draws a name for a version of a media that has not been seen before.
Revision new_revision();

}  // namespace mediafs
