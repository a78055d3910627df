#include "store/seen_bytes.h"

#include <algorithm>

namespace mediafs {

bool SeenBytes::agrees(ChunkIndex index, ByteView chunk) {
  if (has_remnant(index)) {
    const ByteView before(remnant_->bytes.get(), remnant_->filled);
    if (before.size() > chunk.size() || !std::equal(before.begin(), before.end(), chunk.begin()))
      return false;
    remnant_.reset();
  }
  if (number_of(index) >= prints_.size()) prints_.resize(number_of(index) + 1);
  std::optional<std::uint64_t>& known = prints_[number_of(index)];
  const std::uint64_t print = fingerprint(chunk);
  if (known) return *known == print;
  known = print;
  ++count_;
  return true;
}

}  // namespace mediafs
