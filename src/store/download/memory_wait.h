#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "mediafs/api/media_source.h"
#include "mediafs/base/clock.h"
#include "store/download/chunk_assembler.h"
#include "store/store_context.h"

namespace mediafs {

/// Gets a stream the memory that its next piece needs, or has its GET wait for it. Guarded by the stream's
/// owner.
class MemoryWait {
 public:
  /// All `count` blocks, or none (false); what was read last gives way to them.
  bool acquire(StoreContext& context, ChunkAssembler& chunks, std::size_t count);

  /// The same beyond the budget, for what somebody waits for. False: the cache is writing, and has yet a
  /// moment to make room; the GET is resumed after that.
  bool overdraw(StoreContext& context, ChunkAssembler& chunks, std::size_t count,
                const std::shared_ptr<Fetch>& fetch);

  /// It waits for the pool, which has the GET resumed: nothing is to be gained before.
  [[nodiscard]] bool waits() const { return *waits_in_pool_; }

  /// The GET is resumed when `count` blocks are free.
  void wait(StoreContext& context, std::size_t count, const std::shared_ptr<Fetch>& fetch);

 private:
  void take(ChunkAssembler& chunks, std::vector<Buffer>&& blocks);
  // Shared with the pool's callback, which may take no lock.
  std::shared_ptr<std::atomic<bool>> waits_in_pool_ = std::make_shared<std::atomic<bool>>(false);
  BufferPool::Ticket ticket_;              // of the pool, while it waits there
  std::optional<SteadyTime> short_since_;  // somebody waits, and there is no memory
};

}  // namespace mediafs
