// Fixed-size blocks of memory, counted, so that what nobody waits for stays within one budget.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "mediafs/base/mutex.h"

namespace mediafs {

/// A block that several holders share; it returns to its pool when the last one lets go.
using Buffer = std::shared_ptr<std::byte[]>;
using ConstBuffer = std::shared_ptr<const std::byte[]>;

/// Thread-safe. Blocks may outlive the pool.
class BufferPool {
 public:
  BufferPool(std::size_t block_size, std::size_t capacity);
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  /// All `count` blocks or none. Empty where they are not free.
  std::vector<Buffer> try_acquire(std::size_t count);

  /// A block whether or not the budget has one: for the read that somebody waits for, and nothing but what is
  /// waited for bounds how many. What goes beyond the budget is freed, not kept, when let go.
  Buffer acquire_for_demand();

  /// Who waits for blocks: not told any more once this is gone, but for a call that is under way.
  using Ticket = std::shared_ptr<const std::function<void()>>;

  /// The job is called once, from whichever thread frees the block that makes `count` free, or at once where
  /// they are by now; for streams that try_acquire sent away. It tries again and may find that it has to wait
  /// once more. It must not lock anything under which a block is let go.
  [[nodiscard]] Ticket when_freed(std::size_t count, std::function<void()> job);

  /// How many are kept as waiting.
  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] std::size_t in_use() const;
  /// More is out than the budget has: acquire_for_demand was needed.
  [[nodiscard]] bool overdrawn() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace mediafs
