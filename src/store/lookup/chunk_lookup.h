#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "mediafs/store/catalog.h"
#include "mediafs/store/slices.h"
#include "store/lookup/cache_read_gate.h"
#include "store/lookup/hedged_read.h"
#include "store/store_context.h"

namespace mediafs {

/// What a look into the cache says of the chunks that have not been found there.
enum class CacheLook {
  may_have_come,  // it was before the download was asked, and they may have come since
  not_there,
  hangs,  // the disk does not answer, or could not be asked
};

/// Where a read looks for its chunks before a download is asked for them: in the memory, then in the cache.
/// Thread-safe.
class ChunkLookup {
 public:
  /// At most `places` looks into the cache at one time.
  ChunkLookup(std::shared_ptr<StoreContext> context, std::size_t places)
      : context_(std::move(context)), gate_({.places = places}, context_->timer) {}

  struct Found {
    std::vector<ConstBuffer> chunks;  // one for each of the range; null where it is missing
    CacheLook cache = CacheLook::not_there;
    [[nodiscard]] bool all() const;
  };

  /// Gives what asks the origin in the place of a disk that hangs. Called while that hangs, under a lock: it
  /// only copies what it needs. What it gives is called without, on the timer's thread.
  using Hedge = std::function<std::function<void()>(const std::shared_ptr<HedgedRead>&)>;

  /// Nothing: the disk took so long that the read has been hedged, and `done` is called elsewhere.
  std::optional<Found> find(const MediaItemRef& item, ByteRange range, const Done<Slices>& done,
                            const Hedge& hedge);

  /// What the memory alone has.
  [[nodiscard]] std::vector<ConstBuffer> in_memory(const MediaItem& item, ByteRange range);

 private:
  ConstBuffer in_cache(const MediaItem& item, ChunkIndex index, ByteRange range);

  const std::shared_ptr<StoreContext> context_;
  CacheReadGate gate_;
};

}  // namespace mediafs
