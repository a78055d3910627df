#include "store/download/chunk_fingerprints.h"

#include <algorithm>

namespace mediafs {

bool ChunkFingerprints::agrees(ChunkIndex index, ByteView chunk) {
  if (has_remnant(index)) {
    const ByteView before(remnant_->bytes.get(), remnant_->filled);
    if (before.size() > chunk.size() || !std::equal(before.begin(), before.end(), chunk.begin()))
      return false;
    remnant_.reset();
  }
  const std::uint64_t print = fingerprint(chunk);
  return prints_.try_emplace(index, print).first->second == print;
}

}  // namespace mediafs
