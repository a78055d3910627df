#pragma once

#include <cstdint>

#include "mediafs/base/shared_memory.h"
#include "mediafs/cache/journal.h"
#include "mediafs/filesystem/open_files.h"
#include "mediafs/mount/mount.h"
#include "mediafs/store/served_fingerprints.h"

namespace mediafs {

/// The memory that each server of a mount hands over to the next, and which part of it belongs to whom. A
/// change of this order or of any part takes another version of the channel (supervisor/channel.cpp).
class HandOverMemory {
 public:
  static std::uint64_t size();

  explicit HandOverMemory(SharedMemory memory) : memory_(std::move(memory)) {}

  [[nodiscard]] MutableBytes connection() const { return memory_.bytes().first(Mount::kHandOverBytes); }
  [[nodiscard]] MutableBytes open_files() const {
    return memory_.bytes().subspan(Mount::kHandOverBytes, OpenFiles::kBytes);
  }
  [[nodiscard]] MutableBytes journal() const {
    return memory_.bytes().subspan(Mount::kHandOverBytes + OpenFiles::kBytes, Journal::kBytes);
  }
  [[nodiscard]] MutableBytes served_fingerprints() const {
    return memory_.bytes().last(ServedFingerprints::kBytes);
  }

 private:
  SharedMemory memory_;
};

}  // namespace mediafs
