#include "mediafs/base/buffer_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace mediafs {

namespace {

constexpr std::size_t kPage = 4096;

// Not from malloc: between its other blocks what is given back would stay, and what stood in them with it.
std::byte* allocate_block(std::size_t size) {
  void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();  // NOLINT: the macro's cast
  ::madvise(memory, size, MADV_DONTDUMP);            // these are people's faces: never in a core file
  return static_cast<std::byte*>(memory);
}

void free_block(std::byte* block, std::size_t size) {
  ::munmap(block, size);
}

}  // namespace

struct BufferPool::Shared : std::enable_shared_from_this<BufferPool::Shared> {
  Shared(std::size_t block, std::size_t blocks) : block_size(block), capacity(blocks) {}
  ~Shared() {
    for (std::byte* block : free_blocks) free_block(block, block_size);
  }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  Buffer take() REQUIRES(mutex) {
    std::byte* block = nullptr;
    if (free_blocks.empty()) {
      block = allocate_block(block_size);
    } else {
      block = free_blocks.back();
      free_blocks.pop_back();
    }
    ++in_use;
    return Buffer(block, [self = shared_from_this()](std::byte* freed) { self->give_back(freed); });
  }

  void give_back(std::byte* block) {
    std::vector<Ticket> jobs;
    {
      const MutexLock lock(mutex);
      --in_use;
      if (in_use + free_blocks.size() < capacity) {
        free_blocks.push_back(block);
        block = nullptr;
      }
      std::erase_if(waiting, [&](const Waiting& one) REQUIRES(mutex) {
        if (!has(one.count)) return one.job.expired();
        if (Ticket job = one.job.lock()) jobs.push_back(std::move(job));
        return true;
      });
    }
    if (block != nullptr) free_block(block, block_size);
    for (const auto& job : jobs) (*job)();
  }

  [[nodiscard]] bool has(std::size_t count) const REQUIRES(mutex) { return in_use + count <= capacity; }

  struct Waiting {
    std::size_t count;
    Ticket::weak_type job;
  };

  const std::size_t block_size;
  const std::size_t capacity;
  Mutex mutex{LockRank::buffer_pool};
  std::vector<std::byte*> free_blocks GUARDED_BY(mutex);
  std::vector<Waiting> waiting GUARDED_BY(mutex);
  std::size_t in_use GUARDED_BY(mutex) = 0;
};

BufferPool::BufferPool(std::size_t block_size, std::size_t capacity)
    : shared_(std::make_shared<Shared>((block_size + kPage - 1) / kPage * kPage,
                                       std::max<std::size_t>(capacity, 1))) {}

BufferPool::~BufferPool() {
  const MutexLock lock(shared_->mutex);
  shared_->waiting.clear();
}

std::vector<Buffer> BufferPool::try_acquire(std::size_t count) {
  const MutexLock lock(shared_->mutex);
  std::vector<Buffer> blocks;
  if (!shared_->has(count)) return blocks;
  blocks.reserve(count);
  for (std::size_t i = 0; i < count; ++i) blocks.push_back(shared_->take());
  return blocks;
}

Buffer BufferPool::acquire_for_demand() {
  const MutexLock lock(shared_->mutex);
  return shared_->take();
}

BufferPool::Ticket BufferPool::when_freed(std::size_t count, std::function<void()> job) {
  auto ticket = std::make_shared<const std::function<void()>>(std::move(job));
  {
    const MutexLock lock(shared_->mutex);
    if (!shared_->has(count)) {
      shared_->waiting.push_back({count, ticket});
      return ticket;
    }
  }
  (*ticket)();  // freed between the caller's try_acquire and now
  return ticket;
}

std::size_t BufferPool::waiting() const {
  const MutexLock lock(shared_->mutex);
  return shared_->waiting.size();
}

bool BufferPool::overdrawn() const {
  const MutexLock lock(shared_->mutex);
  return shared_->in_use > shared_->capacity;
}

std::size_t BufferPool::in_use() const {
  const MutexLock lock(shared_->mutex);
  return shared_->in_use;
}

}  // namespace mediafs
