#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "cache/cache_parts.h"
#include "cache/housekeeping.h"
#include "mediafs/base/buffer_pool.h"
#include "mediafs/base/clock.h"
#include "mediafs/base/mutex.h"
#include "mediafs/cache/journal.h"

namespace mediafs {

/// The one thread that writes: takes what is queued in batches, seals it and commits it. What is queued can
/// be read back at once, so that nothing is ever neither in memory nor on disk.
class CacheWriter {
 public:
  CacheWriter(const CacheParts& parts, Housekeeping& housekeeping);
  ~CacheWriter();  // writes what is queued
  CacheWriter(const CacheWriter&) = delete;
  CacheWriter& operator=(const CacheWriter&) = delete;

  struct Chunk {
    MediaId id;
    ChunkKey key;
    ConstBuffer bytes;
  };
  struct Drop {  // a version's chunks go, and its key
    MediaId id;
    Revision revision;
  };
  struct CorruptChunk {  // its record does not match its key
    MediaId id;
    ChunkKey key;
  };
  struct Unreadable {  // a record of the catalog that cannot be opened
    std::string name;
  };
  struct Renewed {  // an item that replaces one, whose version is dropped, and keeps its age
    MediaItem item;
    Revision before;
  };
  struct RemovedFromListing {  // what is left of a listing: under a new key, and as old as it was
    ListingRef rest;
  };
  struct Forget {
    MediaId id;
  };
  struct ForgetListing {
    ListingKey key;
  };
  using Job = std::variant<Chunk, MediaItem, Renewed, Drop, Forget, ListingRef, RemovedFromListing,
                           ForgetListing, CorruptChunk, Unreadable>;

  void enqueue(Job job) EXCLUDES(mutex_);

  /// The bytes of a chunk that is queued and not yet committed; null: none.
  ConstBuffer queued(ChunkKey key) EXCLUDES(mutex_);

  /// Bytes of chunks that are queued and not yet committed.
  std::uint64_t backlog() EXCLUDES(mutex_);

  /// False for a while after a chunk could not be written.
  [[nodiscard]] bool accepts_chunks() const { return steady_now() >= refuse_until_.load(); }

  /// Waits until all that was queued before has been committed or given up, or the time has come.
  void settle_until(SteadyTime give_up) EXCLUDES(mutex_);
  Journal::Progress progress() EXCLUDES(mutex_);

  /// Why nothing can be written just now, in words for people; empty: it can.
  [[nodiscard]] std::string trouble() EXCLUDES(mutex_);

 private:
  void run();
  bool wait_for_work() REQUIRES(mutex_);
  std::vector<Job> take_batch() REQUIRES(mutex_);
  void write(const std::vector<Job>& batch) EXCLUDES(mutex_);
  void write_chunks(const std::vector<Job>& batch) EXCLUDES(mutex_);
  using Added = std::vector<Revision>;  // one for each record that was not there before
  Status put_chunks(const std::vector<const Chunk*>& chunks, Added& added);
  Status put_within_limit(const std::vector<const Chunk*>& chunks, Added& added);
  [[nodiscard]] bool make_room(std::uint64_t chunks) EXCLUDES(mutex_);
  void refuse_chunks(std::chrono::seconds time);
  void write_items(const std::vector<Job>& batch);
  Status write_records(const std::vector<const Job*>& records);
  Status write_record(Environment::Writer& writer, const Job& job);
  Status write_item(Environment::Writer& writer, const MediaItem& item, UnixSeconds stored_at);
  Status write_listing(Environment::Writer& writer, const Listing& listing, UnixSeconds stored_at);
  Status write_rest_of_listing(Environment::Writer& writer, const Listing& rest);
  Status erase_rest(const Job& job);
  Status drop(const Drop& drop);
  Status forget_listing(Environment::Writer& writer, const ListingKey& key);
  Result<Ledger::Version> version_of(const MediaId& id, Revision revision, UnixSeconds stored_at);
  enum class Place { chunks, catalog };
  void note(Place where, const Status& outcome) EXCLUDES(mutex_);
  void note_failure(Place where, const Status& outcome) EXCLUDES(mutex_);
  void save_uses() EXCLUDES(mutex_);
  void flush() EXCLUDES(mutex_);

  const CacheParts& parts_;
  Housekeeping& housekeeping_;
  SteadyTime save_uses_at_;  // writer thread only
  bool flushed_ = true;      // writer thread only: nothing has been written since the disk was last told to
  bool complained_ = false;  // writer thread only: one line, not one a chunk
  std::atomic<SteadyTime> refuse_until_ = SteadyTime::min();

  Mutex mutex_{LockRank::cache_writer};
  CondVar work_;
  CondVar done_;
  std::deque<Job> jobs_ GUARDED_BY(mutex_);
  std::unordered_map<ChunkKey, ConstBuffer> queued_ GUARDED_BY(mutex_);
  std::uint64_t enqueued_ GUARDED_BY(mutex_) = 1;  // the first thing to do is to make room
  std::uint64_t finished_ GUARDED_BY(mutex_) = 0;
  std::array<std::string, 2> troubles_ GUARDED_BY(mutex_);  // for each Place
  bool stopping_ GUARDED_BY(mutex_) = false;

  std::jthread thread_;
};

}  // namespace mediafs
