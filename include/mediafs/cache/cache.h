// The sealed cache on disk: which media are known, and their bytes. src/cache/FORMAT.md describes its files.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mediafs/base/bytes.h"
#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"
#include "mediafs/base/secret.h"
#include "mediafs/cache/media_cache.h"

namespace mediafs {

class CacheDirectory;

/// Thread-safe. Writes are queued for the one writer thread; what cannot be written is logged (once) and
/// dropped.
class Cache final : public MediaCache {
 public:
  struct Options {
    std::string directory;              // made, with its parents, where it is missing; mode 0700
    std::uint64_t size_limit = 10_GiB;  // of all files together
    std::chrono::seconds max_age = std::chrono::hours(30 * 24);  // what is older is erased when it is opened
    SecretString api_key;  // whose cache it is; can be checked without the secret
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

  ~Cache()
      override;  // writes what is queued, then leaves the files in a state that the next server can trust
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  Known load() override;
  bool read_chunk(const MediaItem& item, ChunkIndex index, ByteRange part, MutableBytes out) override;
  void store_chunk(const MediaId& id, ChunkKey key, ConstBuffer bytes) override;
  [[nodiscard]] std::uint64_t backlog() const override;
  [[nodiscard]] bool accepts_chunks() const override;
  [[nodiscard]] bool has_room_for(std::uint64_t size) const override;
  void pin(const MediaId& id) override;
  void unpin(const MediaId& id) override;
  void on_incomplete(std::function<void(const MediaId&, Revision)> listener) override;
  void store_item(MediaItem item) override;
  void renew_item(MediaItem item, Revision before) override;
  void forget_item(const MediaId& id) override;
  void store_listing(ListingRef listing) override;
  void remove_from_listing(ListingRef rest) override;
  void forget_listing(const ListingKey& key) override;
  void drop(const MediaId& id, Revision revision) override;
  [[nodiscard]] std::uint64_t chunks_of(const MediaId& id, Revision revision) override;
  [[nodiscard]] Journal::Progress progress() const override;

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

  /// Returns when all that was stored before has been committed or given up.
  void settle();
  /// The same, or when the time is over.
  void settle_within(Duration time);

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
