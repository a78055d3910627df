#include "store/download/chunk_fingerprints.h"

#include <algorithm>

namespace mediafs {

bool ChunkFingerprints::agrees(ChunkIndex index, ByteView chunk) {
  const auto remnant = remnants_.find(index);
  if (remnant != remnants_.end()) {
    const ByteView before(remnant->second.bytes.get(), remnant->second.filled);
    if (before.size() > chunk.size() || !std::equal(before.begin(), before.end(), chunk.begin()))
      return false;
    remnants_.erase(remnant);
  }
  const std::uint64_t print = fingerprint(chunk);
  return prints_.try_emplace(index, print).first->second == print;
}

}  // namespace mediafs
