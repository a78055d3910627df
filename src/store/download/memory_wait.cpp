#include "store/download/memory_wait.h"

#include <chrono>
#include <utility>
#include <vector>

namespace mediafs {

namespace {

constexpr auto kWaitForRoom = std::chrono::milliseconds(100);

}  // namespace

bool MemoryWait::acquire(StoreContext& context, ChunkAssembler& chunks, std::size_t count) {
  auto blocks = context.pool().try_acquire(count);
  if (blocks.empty()) {
    context.memory().yield(count);
    blocks = context.pool().try_acquire(count);
  }
  if (blocks.empty()) return false;
  take(chunks, std::move(blocks));
  return true;
}

bool MemoryWait::overdraw(StoreContext& context, ChunkAssembler& chunks, std::size_t count,
                          const std::shared_ptr<Fetch>& fetch) {
  if (context.cache != nullptr && context.cache->backlog() > 0) {
    const SteadyTime now = context.timer.now();
    if (!short_since_) {
      short_since_ = now;
      context.timer.at(now + kWaitForRoom, [fetch] { fetch->resume(); });
    }
    if (now - *short_since_ < kWaitForRoom) return false;
  }
  std::vector<Buffer> blocks;
  while (blocks.size() < count) blocks.push_back(context.pool().acquire_for_demand());
  take(chunks, std::move(blocks));
  return true;
}

/// The shortage is over: the pool's call, should it be under way, is of no account.
void MemoryWait::take(ChunkAssembler& chunks, std::vector<Buffer>&& blocks) {
  short_since_.reset();
  ticket_.reset();
  if (*waits_in_pool_) waits_in_pool_ = std::make_shared<std::atomic<bool>>(false);
  chunks.add_blocks(std::move(blocks));
}

void MemoryWait::wait(StoreContext& context, std::size_t count, const std::shared_ptr<Fetch>& fetch) {
  if (waits_in_pool_->exchange(true)) return;
  ticket_ = context.pool().when_freed(count, [waits = waits_in_pool_, waiting = std::weak_ptr(fetch)] {
    *waits = false;
    if (const auto transfer = waiting.lock()) transfer->resume();
  });
}

}  // namespace mediafs
