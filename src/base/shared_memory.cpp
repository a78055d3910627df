#include "mediafs/base/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace mediafs {

namespace {

Error failed(const char* what) {
  return {Errc::internal, fmt::format("shared memory: {}: {}", what, std::strerror(errno))};  // NOLINT
}

}  // namespace

Result<UniqueFd> SharedMemory::create(std::uint64_t size) {
  UniqueFd file(::memfd_create("mediafs", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return failed("memfd_create");
  if (::ftruncate(file.get(), static_cast<off_t>(size)) != 0) return failed("ftruncate");
  if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return failed("seals");
  return file;
}

Result<SharedMemory> SharedMemory::map(const UniqueFd& file) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return failed("fstat");
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const place = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (place == MAP_FAILED) return failed("mmap");  // NOLINT: the macro is C's
  ::madvise(place, size, MADV_DONTDUMP);
  return SharedMemory(MutableBytes(static_cast<std::byte*>(place), size));
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

SharedMemory::~SharedMemory() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

}  // namespace mediafs
