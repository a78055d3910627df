// Opening everything that is in the cache, to find what does not open.
#pragma once

#include <functional>

#include "cache/cache_parts.h"
#include "cache/loading.h"
#include "cache/writer.h"
#include "mediafs/cache/cache.h"

namespace mediafs {

/// One run, on a thread that nobody waits for. What does not open is handed to `drop`.
class Verification {
 public:
  using Progress = std::function<bool(std::uint64_t done, std::uint64_t all)>;

  /// `load_at_rest` loads the catalog while nothing is being erased.
  Verification(const CacheParts& parts, std::function<void(CacheWriter::Job)> drop,
               std::function<LoadedCatalog()> load_at_rest, std::uint64_t bytes_per_second);

  Cache::Verified run(Progress progress);

 private:
  void check_catalog(const LoadedCatalog& loaded);
  [[nodiscard]] std::vector<std::string> still_unreadable(const std::vector<std::string>& names) const;
  void check_media(const LoadedItem& item);
  [[nodiscard]] bool check_chunk(const LoadedItem& item, const SecretKey& key, ChunkIndex index);
  void keep_to_the_rate();
  /// Whether to go on. Cheap to call often: it asks the caller only now and then.
  bool go_on();

  const CacheParts& parts_;
  const std::function<void(CacheWriter::Job)> drop_;
  const std::function<LoadedCatalog()> load_at_rest_;
  const std::uint64_t bytes_per_second_;
  const SteadyTime began_;
  Buffer room_;
  Progress progress_;
  SteadyTime ask_at_{};     // whether to go on
  std::uint64_t done_ = 0;  // bytes
  Cache::Verified outcome_;
};

}  // namespace mediafs
