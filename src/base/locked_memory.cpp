#include "mediafs/base/locked_memory.h"

#include <sys/mman.h>

#include <cstring>

namespace mediafs {

void* allocate_locked(std::size_t size) {
  void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  // Without the one they could be swapped out, without the other be dumped: no reason to do without a cache.
  static_cast<void>(::mlock(memory, size));
  static_cast<void>(::madvise(memory, size, MADV_DONTDUMP));
  return memory;
}

void free_locked(void* memory, std::size_t size) noexcept {
  ::explicit_bzero(memory, size);
  ::munmap(memory, size);
}

}  // namespace mediafs
