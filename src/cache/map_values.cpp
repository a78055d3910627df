#include "cache/map_values.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22  // Linux 5.14
#endif

namespace mediafs {

bool reachable(ByteView value) {
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(value.data()) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(value.data()) + value.size();
  auto* const start = reinterpret_cast<void*>(begin);  // NOLINT: the address of the value's first page
  ::madvise(start, end - begin, MADV_WILLNEED);        // one request to the disk instead of one a page
  return ::madvise(start, end - begin, MADV_POPULATE_READ) == 0 || errno == EINVAL;
}

void touch(const MDB_val& place) {
  constexpr std::size_t kStep = 4096;
  auto* const bytes = static_cast<volatile char*>(place.mv_data);
  for (std::size_t at = 0; at < place.mv_size; at += kStep) bytes[at] = 0;
  if (place.mv_size > 0) bytes[place.mv_size - 1] = 0;
}

}  // namespace mediafs
