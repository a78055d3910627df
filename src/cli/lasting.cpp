#include "cli/lasting.h"

namespace mediafs {

std::uint64_t Lasting::size() {
  return Mount::kLastingBytes + OpenFiles::kBytes + Journal::kBytes + ServedFingerprints::kBytes;
}

}  // namespace mediafs
