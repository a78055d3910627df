#pragma once

#include <atomic>
#include <deque>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "cache/environment.h"
#include "cache/sealing.h"
#include "mediafs/base/buffer_pool.h"
#include "mediafs/base/clock.h"
#include "mediafs/base/mutex.h"

namespace mediafs {

/// The one thread that writes: takes what is queued in batches, seals it and commits it. What is queued can
/// be read back at once, so that nothing is ever neither in memory nor on disk.
class CacheWriter {
 public:
  CacheWriter(const Sealing& sealing, Environment& catalog, Environment& chunks);
  ~CacheWriter();  // writes what is queued
  CacheWriter(const CacheWriter&) = delete;
  CacheWriter& operator=(const CacheWriter&) = delete;

  struct Chunk {
    MediaId id;
    ChunkKey key;
    ConstBuffer bytes;
  };
  struct Drop {
    MediaId id;
    Revision revision;
  };
  struct Forget {
    MediaId id;
  };
  struct Skip {  // a chunk of this version is not kept
    Revision revision;
  };
  struct ForgetListing {
    ListingKey key;
  };
  using Job = std::variant<Chunk, MediaItem, Drop, Forget, Skip, ListingRef, ForgetListing>;

  void enqueue(Job job) EXCLUDES(mutex_);

  /// The bytes of a chunk that is queued and not yet committed; null: none.
  ConstBuffer queued(ChunkKey key) EXCLUDES(mutex_);

  /// Bytes of chunks that are queued and not yet committed.
  std::uint64_t backlog() EXCLUDES(mutex_);

  /// False for a while after a chunk could not be written.
  [[nodiscard]] bool accepts_chunks() const { return steady_now() >= refuse_until_.load(); }

  /// Waits until all that was queued before has been committed or given up.
  void settle() EXCLUDES(mutex_);

  /// Bytes written since the databases were last synced.
  [[nodiscard]] std::uint64_t unsynced() EXCLUDES(mutex_);
  [[nodiscard]] bool sync_failed() EXCLUDES(mutex_);

 private:
  void run();
  bool wait_for_work() REQUIRES(mutex_);
  std::vector<Job> take_batch() REQUIRES(mutex_);
  void write(const std::vector<Job>& batch) EXCLUDES(mutex_);
  Status write_chunks(const std::vector<Job>& batch);
  Status write_items(const std::vector<Job>& batch);
  Status write_records(const std::vector<Job>& batch, bool with_listings);
  Status write_record(Environment::Writer& writer, const Job& job);
  Status write_item(Environment::Writer& writer, const MediaItem& item);
  Status write_listing(Environment::Writer& writer, const Listing& listing);
  void lose_chunks(const std::vector<Job>& batch);
  Status erase_version(const Drop& drop);
  void note(const Status& outcome);
  void sync_when_idle() EXCLUDES(mutex_);

  const Sealing& sealing_;
  Environment& catalog_;
  Environment& chunks_;
  bool complained_ = false;             // writer thread only: one line, not one a chunk
  std::unordered_set<Revision> lossy_;  // writer thread only: versions of which a chunk could not be written
  std::atomic<SteadyTime> refuse_until_ = SteadyTime::min();

  Mutex mutex_;
  CondVar work_;
  CondVar done_;
  std::deque<Job> jobs_ GUARDED_BY(mutex_);
  std::unordered_map<ChunkKey, ConstBuffer> queued_ GUARDED_BY(mutex_);
  std::uint64_t enqueued_ GUARDED_BY(mutex_) = 0;
  std::uint64_t finished_ GUARDED_BY(mutex_) = 0;
  std::uint64_t unsynced_ GUARDED_BY(mutex_) = 0;
  bool sync_failed_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;

  std::jthread thread_;
};

}  // namespace mediafs
