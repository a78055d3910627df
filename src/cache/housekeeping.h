// What the writer thread does besides writing what comes in: it counts, makes room and saves what was used.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <unordered_set>

#include "cache/cache_parts.h"
#include "cache/size_limit.h"
#include "mediafs/base/mutex.h"

namespace mediafs {

/// All but the first five are for the writer thread alone.
class Housekeeping {
 public:
  /// `limit`: bytes on disk, of all files. `other_files`: how many of them the files without chunks take;
  /// called when room is to be made.
  Housekeeping(const CacheParts& parts, std::uint64_t limit, std::function<std::uint64_t()> other_files);

  /// Told, on the writer thread, of versions whose bytes are not all here any more.
  void on_incomplete(std::function<void(const MediaId&, Revision)> listener) EXCLUDES(mutex_);
  [[nodiscard]] std::uint64_t evicted() const { return evicted_; }
  [[nodiscard]] std::uint64_t limit() const { return limit_.bytes(); }
  /// False: a media of that size would leave no room for any other.
  [[nodiscard]] bool fits(std::uint64_t size) const;

  /// As many chunks as a transaction may write, or erase, up to `most`.
  [[nodiscard]] std::size_t per_transaction(std::size_t most) const;

  /// How large the chunks' file may be, in bytes.
  [[nodiscard]] std::uint64_t most_bytes() const;

  /// Counts the chunks of each version. Call it first, before the writer thread runs.
  void recount();
  /// Erases the chunks that recount() has found no known version for.
  void erase_ownerless();

  /// Evicts until there is room for so many more chunks. False: everything that is here is in use.
  bool make_room(std::uint64_t chunks, const std::unordered_set<Revision>& busy);

  /// Makes the pages that were freed last ready for reuse. Waits for the reads under way, but not for long.
  Status reclaim();

  /// Call where the disk, or the database, has less room than the limit says: from now on the cache stays a
  /// little smaller than it is.
  void shrink();

  /// Erases the records of a version's chunks, in small transactions.
  Status erase_chunks(const MediaId& id, Revision revision);

  /// Erases the record of a corrupt chunk; the version is not complete from now on.
  Status erase_chunk(const MediaId& id, ChunkKey chunk);

  /// Whether every chunk of it has been committed; if not, the listener is told.
  [[nodiscard]] bool has_all(const MediaItem& item);

  /// Saves when versions were read last, and what time it is. False: there was nothing to save.
  bool save_uses();

 private:
  [[nodiscard]] std::uint64_t most_chunks() const;
  Status erase_named(const std::string& version_name, const std::function<void(std::size_t)>& erased);
  Status evict(const Ledger::Version& version);
  Status rewrite(Environment::Writer& writer, const Ledger::Version& version, bool keeps_complete);
  void tell_incomplete(const MediaId& id, Revision revision) EXCLUDES(mutex_);

  const CacheParts& parts_;
  const SizeLimit limit_;
  const std::function<std::uint64_t()> other_files_;
  std::uint64_t disk_chunks_;           // as many as there has been room for
  std::vector<std::string> ownerless_;  // names of versions, found by recount()
  UnixSeconds clock_saved_ = 0;
  std::atomic<std::uint64_t> evicted_ = 0;
  Mutex mutex_{LockRank::housekeeping};  // held while the listener is called, so that it can be taken away
  std::function<void(const MediaId&, Revision)> incomplete_ GUARDED_BY(mutex_);
};

}  // namespace mediafs
