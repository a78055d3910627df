#include "cli/hand_over_memory.h"

namespace mediafs {

std::uint64_t HandOverMemory::size() {
  return Mount::kHandOverBytes + OpenFiles::kBytes + Journal::kBytes + ServedFingerprints::kBytes;
}

}  // namespace mediafs
