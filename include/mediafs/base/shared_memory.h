#pragma once

#include <cstdint>

#include "mediafs/base/bytes.h"
#include "mediafs/base/result.h"
#include "mediafs/base/unique_fd.h"

namespace mediafs {

/// Memory in a file without a name (memfd_create(2)): what stands in it outlives a process for as long as
/// somebody holds the file's descriptor. It takes room only where it has been written to.
class SharedMemory {
 public:
  /// All zeros. Its size stays: nobody can make a mapping of it point past its end.
  static Result<UniqueFd> create(std::uint64_t size);

  /// All of the file, which may be closed then.
  static Result<SharedMemory> map(const UniqueFd& file);

  ~SharedMemory();
  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&&) = delete;
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  /// Page-aligned, the same place for the life of this object.
  [[nodiscard]] MutableBytes bytes() const { return bytes_; }

 private:
  explicit SharedMemory(MutableBytes bytes) : bytes_(bytes) {}
  MutableBytes bytes_;
};

}  // namespace mediafs
