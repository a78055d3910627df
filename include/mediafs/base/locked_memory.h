// Memory for keys that live long: never written to swap, never part of a core dump, wiped when freed.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace mediafs {

/// Whole pages, locked (mlock(2)) and left out of dumps (MADV_DONTDUMP). Where the limit on locked memory
/// (RLIMIT_MEMLOCK) does not allow it they are pages like others. Throws std::bad_alloc where there are none.
void* allocate_locked(std::size_t size);

/// Wipes and frees them. `size` as it was given.
void free_locked(void* memory, std::size_t size) noexcept;

template <typename T>
struct FreeLocked {
  void operator()(T* object) const noexcept {
    object->~T();
    free_locked(object, sizeof(T));
  }
};

template <typename T>
using LockedPtr = std::unique_ptr<T, FreeLocked<T>>;

/// An object in pages of its own. What it points to is not locked with it.
template <typename T, typename... Arguments>
LockedPtr<T> make_locked(Arguments&&... arguments) {
  void* const memory = allocate_locked(sizeof(T));
  return LockedPtr<T>(new (memory) T{std::forward<Arguments>(arguments)...});
}

}  // namespace mediafs
