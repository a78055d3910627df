#include "mediafs/store/slices.h"

#include "mediafs/model/chunk.h"

namespace mediafs {

Slices slices_of(const std::vector<ConstBuffer>& chunks, ByteRange range) {
  Slices slices;
  slices.reserve(chunks.size());
  ChunkIndex index = chunk_at(range.offset);
  for (const ConstBuffer& chunk : chunks) {
    const ByteRange part = part_within(index, range);
    slices.push_back({chunk, ByteView(chunk.get() + part.offset, part.length)});
    index = next(index);
  }
  return slices;
}

}  // namespace mediafs
