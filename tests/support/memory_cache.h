#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "mediafs/base/mutex.h"
#include "mediafs/base/timer.h"
#include "mediafs/cache/media_cache.h"

namespace mediafs {

/// A cache without a disk: what is stored is queued, and committed by a job of the timer, in order. It
/// outlives the stores, as files do. Thread-safe.
class MemoryCache final : public MediaCache {
 public:
  /// The timer must outlive this object, and run no job after it has ended.
  explicit MemoryCache(Timer& timer) : timer_(timer) {}

  // How the disk is from now on.
  /// What is stored is committed so much later.
  void set_commit_delay(Duration delay) EXCLUDES(mutex_);
  /// Full: chunks are dropped.
  void set_full(bool full) EXCLUDES(mutex_);
  /// Broken: what is read is a miss, and what is written is dropped.
  void set_broken(bool broken) EXCLUDES(mutex_);
  void set_size_limit(std::uint64_t bytes) EXCLUDES(mutex_);
  /// One media makes room for others, unless it is pinned. False: it is.
  bool evict(const MediaId& id) EXCLUDES(mutex_);

  /// How many items have been stored as complete of which a chunk had never been stored, though the disk has
  /// kept all that was.
  [[nodiscard]] std::uint64_t unfounded() const EXCLUDES(mutex_);

  /// Commits what is queued now, whatever the delay.
  void settle() EXCLUDES(mutex_);

  Known load() override EXCLUDES(mutex_);
  bool read_chunk(const MediaItem& item, ChunkIndex index, ByteRange part, MutableBytes out) override
      EXCLUDES(mutex_);
  void store_chunk(const MediaId& id, ChunkKey key, ConstBuffer bytes) override {
    queue(Chunk{id, key, std::move(bytes)});
  }
  [[nodiscard]] std::uint64_t backlog() const override EXCLUDES(mutex_);
  [[nodiscard]] bool accepts_chunks() const override EXCLUDES(mutex_);
  [[nodiscard]] bool has_room_for(std::uint64_t size) const override EXCLUDES(mutex_);
  void pin(const MediaId& id) override EXCLUDES(mutex_);
  void unpin(const MediaId& id) override EXCLUDES(mutex_);
  void on_incomplete(std::function<void(const MediaId&, Revision)> listener) override EXCLUDES(telling_);
  void store_item(MediaItem item) override { queue(std::move(item)); }
  void renew_item(MediaItem item, Revision before) override {
    queue(Drop{item.id, before});
    queue(std::move(item));
  }
  void forget_item(const MediaId& id) override { queue(ForgetItem{id}); }
  void store_listing(ListingRef listing) override { queue(std::move(listing)); }
  void remove_from_listing(ListingRef rest) override { queue(std::move(rest)); }
  void forget_listing(const ListingKey& key) override { queue(ForgetListing{key}); }
  void drop(const MediaId& id, Revision revision) override { queue(Drop{id, revision}); }
  [[nodiscard]] std::uint64_t chunks_of(const MediaId& id, Revision revision) override EXCLUDES(mutex_);
  [[nodiscard]] Journal::Progress progress() const override EXCLUDES(mutex_);

 private:
  struct Chunk {
    MediaId id;
    ChunkKey key;
    ConstBuffer bytes;
  };
  struct Drop {
    MediaId id;
    Revision revision{};
  };
  struct ForgetItem {
    MediaId id;
  };
  struct ForgetListing {
    ListingKey key;
  };
  using Write = std::variant<Chunk, Drop, MediaItem, ForgetItem, ListingRef, ForgetListing>;

  /// One version's chunks that have been committed.
  struct Version {
    std::map<ChunkIndex, std::vector<std::byte>> chunks;
    bool lost_some = false;  // dropped, or evicted
  };
  using Incomplete = std::vector<std::pair<MediaId, Revision>>;

  void queue(Write write) EXCLUDES(mutex_);
  void commit(std::size_t count) EXCLUDES(mutex_, telling_);
  void apply(Chunk& chunk) REQUIRES(mutex_);
  void apply(const Drop& drop) REQUIRES(mutex_) { versions_.erase(drop.revision); }
  void apply(MediaItem& item) REQUIRES(mutex_);
  void apply(const ForgetItem& forget) REQUIRES(mutex_) { items_.erase(forget.id); }
  void apply(const ListingRef& listing) REQUIRES(mutex_) {
    listings_.insert_or_assign(listing->key, *listing);
  }
  void apply(const ForgetListing& forget) REQUIRES(mutex_) { listings_.erase(forget.key); }
  void note_incomplete(const MediaId& id, Revision revision) REQUIRES(mutex_);
  void tell_incomplete() EXCLUDES(mutex_, telling_);
  [[nodiscard]] const Chunk* queued(ChunkKey key) const REQUIRES(mutex_);

  Timer& timer_;
  Mutex telling_{LockRank::housekeeping};  // taken before mutex_, and held while the listener is told
  std::function<void(const MediaId&, Revision)> listener_ GUARDED_BY(telling_);
  mutable Mutex mutex_{LockRank::cache_writer};
  std::vector<Write> queue_ GUARDED_BY(mutex_);
  std::unordered_map<Revision, Version> versions_ GUARDED_BY(mutex_);
  std::unordered_map<MediaId, MediaItem> items_ GUARDED_BY(mutex_);
  std::unordered_map<ListingKey, Listing> listings_ GUARDED_BY(mutex_);
  std::unordered_map<MediaId, int> pins_ GUARDED_BY(mutex_);
  Incomplete incomplete_ GUARDED_BY(mutex_);  // that nobody has been told of
  Journal::Progress progress_ GUARDED_BY(mutex_);
  Duration commit_delay_ GUARDED_BY(mutex_){0};
  std::uint64_t size_limit_ GUARDED_BY(mutex_) = 10_GiB;
  std::uint64_t unfounded_ GUARDED_BY(mutex_) = 0;
  bool full_ GUARDED_BY(mutex_) = false;
  bool broken_ GUARDED_BY(mutex_) = false;
};

}  // namespace mediafs
