#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "mediafs/base/bytes.h"
#include "mediafs/base/mutex.h"
#include "mediafs/model/listing.h"
#include "mediafs/model/media_item.h"

namespace mediafs {

/// A log of what has become known, or has been forgotten, and may not be on the disk yet. It is in the
/// hand-over memory, so that the next server knows all that somebody has been told. Without a cache it has
/// everything that is known. Thread-safe; its lock is a leaf.
///
/// Two halves take turns. A half is emptied once all its entries are in the cache.
class Journal {
 public:
  static constexpr std::uint64_t kHalf = 64_MiB;
  static constexpr std::uint64_t kBytes = 4096 + 2 * kHalf;

  /// `hand_over` has kBytes, page-aligned: zeros, or what an earlier server has left.
  explicit Journal(MutableBytes hand_over);

  /// Known from now on, or (of an id or a key alone) no more.
  using Entry = std::variant<MediaItem, MediaId, Listing, ListingKey>;

  /// What an earlier server has left, oldest first; some of it may be in the cache.
  [[nodiscard]] std::vector<Entry> left() const EXCLUDES(mutex_);

  /// How many writes a cache has queued so far, and how many of them it has committed.
  struct Progress {
    std::uint64_t queued = 0;
    std::uint64_t committed = 0;
  };
  /// There is a cache: a half is emptied once `progress` shows its entries to be committed. Each add() calls
  /// it, on its own thread, without the lock.
  void follow(std::function<Progress()> progress) EXCLUDES(mutex_);
  /// There is no cache: a half that is full is written anew with `all` that is known; this call does so for
  /// the first time. Later an add() calls it, on its own thread, without the lock.
  void follow(std::function<std::vector<Entry>()> all) EXCLUDES(mutex_);
  /// Ends what follow() has begun. REQUIRES: nothing is being added.
  void unfollow() EXCLUDES(mutex_);

  /// What the entry says must have been queued for the cache before. Where there is no room it is dropped,
  /// which is logged once.
  void add(const Entry& entry) EXCLUDES(mutex_);

 private:
  struct Head;

  [[nodiscard]] Head& head() const;
  [[nodiscard]] MutableBytes half(std::uint64_t which) const;
  [[nodiscard]] std::uint64_t used(std::uint64_t which) const;
  [[nodiscard]] Progress progress() const EXCLUDES(mutex_);
  void make_room(std::uint64_t bytes, const Progress& cache) REQUIRES(mutex_);
  void turn() REQUIRES(mutex_);
  bool added(const std::string& record) EXCLUDES(mutex_);
  [[nodiscard]] bool write_anew() EXCLUDES(mutex_);
  bool append(std::uint64_t which, const std::string& record) REQUIRES(mutex_);
  void complain() EXCLUDES(mutex_);

  const MutableBytes hand_over_;
  mutable Mutex mutex_{LockRank::journal};
  std::function<Progress()> progress_ GUARDED_BY(mutex_);
  std::function<std::vector<Entry>()> all_ GUARDED_BY(mutex_);
  std::uint64_t queued_ GUARDED_BY(mutex_) = 0;  // at least: all that the entries say
  std::uint64_t resting_until_ GUARDED_BY(mutex_) =
      0;                                        // so much committed, and the other half can be emptied
  std::uint64_t turns_ GUARDED_BY(mutex_) = 0;  // how often the halves have changed places
  std::atomic<bool> complained_ = false;
};

}  // namespace mediafs
