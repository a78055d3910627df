// What the cache holds, as it is counted: versions with their keys' places, sizes and ages, and listings.
#pragma once

#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "cache/retention.h"
#include "cache/sealing.h"
#include "mediafs/base/mutex.h"

namespace mediafs {

/// Thread-safe; its lock is a leaf.
class Ledger {
 public:
  struct Version {
    MediaId id;
    Revision revision{};
    std::optional<KeySlot> slot;  // nothing once its key has been destroyed: it is about to go
    std::uint64_t chunks = 0;     // that have been committed
    UnixSeconds stored_at = 0;
    UnixSeconds last_used_at = 0;
  };

  void add(Version version) EXCLUDES(mutex_);
  [[nodiscard]] std::optional<Version> find(Revision revision) const EXCLUDES(mutex_);
  /// Notes a read, and gives the slot of the key.
  std::optional<KeySlot> use(Revision revision, UnixSeconds now) EXCLUDES(mutex_);
  void add_chunks(Revision revision, std::uint64_t count) EXCLUDES(mutex_);
  void set_chunks(Revision revision, std::uint64_t count) EXCLUDES(mutex_);
  void remove_chunks(Revision revision, std::uint64_t count) EXCLUDES(mutex_);
  void remove_all_chunks() EXCLUDES(mutex_);
  /// The version as it was; nothing where there is none.
  std::optional<Version> remove(Revision revision) EXCLUDES(mutex_);

  /// Versions that were read since they were last given here, up to `most`.
  std::vector<Version> take_used(std::size_t most) EXCLUDES(mutex_);

  struct ListingPlace {
    KeySlot slot{};
    UnixSeconds stored_at = 0;
  };
  [[nodiscard]] std::optional<ListingPlace> find(const ListingKey& key) const EXCLUDES(mutex_);
  void add(const ListingKey& key, const ListingPlace& place) EXCLUDES(mutex_);
  /// It has been stored anew, unless its key has been detached since.
  void renew(const ListingKey& key, const ListingPlace& place) EXCLUDES(mutex_);
  std::optional<ListingPlace> remove(const ListingKey& key) EXCLUDES(mutex_);

  /// Takes the key slots out of everything that is named. The caller destroys these keys; what is written
  /// under them from now on is dropped.
  struct DetachedKeys {
    std::vector<KeySlot> slots;
    std::vector<Version> versions;
  };
  DetachedKeys detach_keys(const std::vector<MediaId>& ids, const std::vector<ListingKey>& listings)
      EXCLUDES(mutex_);

  /// A media that is pinned is not evicted. Counted.
  void pin(const MediaId& id) EXCLUDES(mutex_);
  void unpin(const MediaId& id) EXCLUDES(mutex_);

  /// The versions to evict so that `chunks` are freed: none that is pinned, and none in `busy`.
  [[nodiscard]] std::vector<Version> victims(std::uint64_t chunks,
                                             const std::unordered_set<Revision>& busy) const EXCLUDES(mutex_);

  /// What was stored before a time.
  struct Old {
    std::vector<MediaId> media;
    std::vector<ListingKey> listings;
  };
  [[nodiscard]] Old stored_before(UnixSeconds time) const EXCLUDES(mutex_);

  struct Totals {
    std::uint64_t media = 0;
    std::uint64_t chunks = 0;
    std::uint64_t listings = 0;
    std::optional<UnixSeconds> oldest;
  };
  [[nodiscard]] Totals totals() const EXCLUDES(mutex_);
  [[nodiscard]] std::uint64_t chunks() const EXCLUDES(mutex_);
  [[nodiscard]] std::vector<Version> versions() const EXCLUDES(mutex_);
  [[nodiscard]] std::vector<ListingKey> listings() const EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_{LockRank::ledger};
  std::unordered_map<Revision, Version> versions_ GUARDED_BY(mutex_);
  std::unordered_map<ListingKey, ListingPlace> listings_ GUARDED_BY(mutex_);
  std::unordered_map<MediaId, int> pins_ GUARDED_BY(mutex_);
  std::unordered_set<Revision> used_ GUARDED_BY(mutex_);  // since take_used
  std::uint64_t chunks_ GUARDED_BY(mutex_) = 0;
};

}  // namespace mediafs
