// The sealed cache on disk: which media are known, and their bytes. src/cache/FORMAT.md describes its files.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mediafs/base/buffer_pool.h"
#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"
#include "mediafs/base/secret.h"
#include "mediafs/cache/journal.h"
#include "mediafs/model/byte_range.h"
#include "mediafs/model/chunk.h"
#include "mediafs/model/listing.h"
#include "mediafs/model/media_item.h"

namespace mediafs {

class CacheDirectory;

/// Thread-safe. Reads are answered on the calling thread; writes are queued for the one writer thread and
/// never waited for. Nothing here fails a caller's read: what cannot be read is a miss, what cannot be
/// written is logged (once) and dropped.
class Cache {
 public:
  struct Options {
    std::string directory;              // made, with its parents, where it is missing; mode 0700
    std::uint64_t size_limit = 10_GiB;  // of all files together
    std::chrono::seconds max_age = std::chrono::hours(30 * 24);  // what is older is erased when it is opened
    SecretString api_key;  // whose cache it is, so that they can tell without the secret
    std::vector<int> held =
        {};                // locks() of the process that has just had it, which still hold it; not owned
    Duration wait{3'000};  // for a server that is just going
    bool any_filesystem = false;  // also those that LMDB is not safe on: over a network, or in an overlay
  };

  /// Any of `secrets` may be the one under which the cache was made; its keys are wrapped anew under the
  /// first.
  ///
  /// Errc::denied: made under another secret, or the directory is not ours alone or not for a database; left
  /// as it is. Errc::unavailable: another server has it.
  /// Others: the directory or the files cannot be used.
  static Result<std::unique_ptr<Cache>> open(const Options& options,
                                             const std::vector<SecretString>& secrets);

  /// Whether one of `secrets` would open it; Errc as open() gives them, but Errc::not_found where there is
  /// none. Nothing is changed, whoever has it open.
  static Status check(const std::string& directory, const std::vector<SecretString>& secrets);
  /// Whether it is a cache of this API key, under whatever secret.
  static bool belongs_to(const std::string& directory, const SecretString& api_key);
  /// What its files take on disk; 0 where there is none.
  static std::uint64_t bytes_used(const std::string& directory);
  /// Destroys its keys and deletes its files, whatever their state. Errc::unavailable: a server has it.
  static Status clear(const std::string& directory);

  ~Cache();  // writes what is queued, then leaves the files in a state that the next server can trust
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  /// Every media and every listing that the cache knows, as last stored.
  struct Known {
    std::vector<MediaItem> items;
    std::vector<Listing> listings;
  };
  Known load();

  /// True: the bytes of `part`, a range within the chunk, stand in their place in `out`, authenticated; the
  /// rest of `out` is undefined. False: a miss.
  /// REQUIRES: out.size() == kChunkSize, part is not empty and ends there at most.
  bool read_chunk(const MediaItem& item, ChunkIndex index, ByteRange part, MutableBytes out);

  /// Keeps `bytes` until they are on disk; read_chunk finds them from now on. What lies beyond the chunk's
  /// length in the buffer must be zero.
  void store_chunk(const MediaId& id, ChunkKey key, ConstBuffer bytes);

  /// Bytes of chunks that are queued and not yet committed.
  [[nodiscard]] std::uint64_t backlog() const;

  /// False while there is no room, or the disk fails: what is stored then is dropped.
  [[nodiscard]] bool accepts_chunks() const;
  /// False: a media of that size would take more than there is to be; its chunks are better not stored.
  [[nodiscard]] bool has_room_for(std::uint64_t size) const;

  /// While a media is held it is not evicted. Counted.
  void hold(const MediaId& id);
  void release(const MediaId& id);

  /// Told, on the writer's thread, of versions of which not all is here, though it was or should have been:
  /// they gave way to others, or could not be written. Set anew, it waits for a call under way.
  void on_incomplete(std::function<void(const MediaId&, Revision)> listener);

  /// Takes effect on disk after everything stored before it.
  /// An item that says "complete" is stored as incomplete where one of its chunks is not there.
  void store_item(MediaItem item);
  /// The item under another revision, in the place and of the age of the one of revision `before`, which is
  /// dropped: nothing new of it has been heard.
  void renew_item(MediaItem item, Revision before);
  void forget_item(const MediaId& id);
  void store_listing(ListingRef listing);
  /// The same listing with less in it, under a key anew and of the age that it was.
  void strike_listing(ListingRef rest);
  void forget_listing(const ListingKey& key);

  /// Forgets a version's chunks and destroys its key.
  void drop(const MediaId& id, Revision revision);

  /// Destroys the keys of what is stored of these, and of what was dropped before, on disk when it returns:
  /// nothing of it can be had again from the files. Waits for the disk. A version that is still being stored
  /// is to be dropped first.
  Status erase(const std::vector<MediaId>& media, const std::vector<ListingKey>& listings);
  /// Of everything.
  Status erase_all();

  /// What is older than the maximum age.
  struct Expired {
    std::vector<MediaId> media;
    std::vector<ListingKey> listings;
  };
  [[nodiscard]] Expired expired() const;

  /// Wraps the keys under the first of `secrets`, where they are not. Waits for the disk.
  Status rotate(const std::vector<SecretString>& secrets);

  struct Stats {
    std::uint64_t limit = 0;  // bytes
    std::uint64_t used = 0;   // bytes that the files take on disk
    std::uint64_t media = 0;  // that are known
    std::uint64_t chunks = 0;
    std::uint64_t listings = 0;
    std::uint64_t hits = 0;  // reads of chunks, since it was opened
    std::uint64_t misses = 0;
    std::uint64_t evictions = 0;                 // of media
    std::optional<std::chrono::seconds> oldest;  // age
    std::string trouble;                         // why nothing can be stored just now; empty: it can
  };
  [[nodiscard]] Stats stats() const;

  struct Verified {
    std::uint64_t records = 0;
    std::uint64_t bad = 0;  // dropped
    bool ended_early = false;
  };
  /// Opens every record against its key, and drops those that do not open. `progress` is told every now
  /// and then how many bytes of how many are done, and ends it with false. At most `bytes_per_second` are
  /// read; 0: as fast as it goes. Takes long; while others read and write.
  Verified verify(std::uint64_t bytes_per_second,
                  const std::function<bool(std::uint64_t done, std::uint64_t all)>& progress);

  /// How many chunks of the version have been committed and can be read. From memory.
  [[nodiscard]] std::uint64_t chunks_of(const MediaId& id, Revision revision);

  /// Returns when all that was stored before has been committed or given up.
  void settle();
  /// The same, or when the time is over.
  void settle_within(Duration time);

  /// How much has been stored, dropped and forgotten here, and how much of it has been committed or given up.
  [[nodiscard]] Journal::Progress progress() const;

  /// Descriptors that hold the directory's lock as long as anybody has them, in whatever process.
  [[nodiscard]] std::vector<int> locks() const;

 private:
  class Files;
  static Result<std::unique_ptr<Files>> open_files(const Options& options,
                                                   const std::vector<SecretString>& secrets,
                                                   std::shared_ptr<CacheDirectory> directory);
  explicit Cache(std::unique_ptr<Files> files);
  void erase_expired();
  std::unique_ptr<Files> files_;
};

}  // namespace mediafs
