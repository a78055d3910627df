#include "store/download/chunk_assembler.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace mediafs {

PartialChunk ChunkAssembler::restart_at(std::uint64_t position) {
  PartialChunk partial{filling_chunk(), std::move(filling_), filled_};
  position_ = position;
  filled_ = 0;
  held_.clear();
  return partial;
}

std::size_t ChunkAssembler::blocks_needed(std::size_t piece) const {
  const std::size_t needed = chunk_count(filled_ + piece) - (filling_ ? 1U : 0U);
  return needed - std::min(needed, spare_.size());
}

void ChunkAssembler::add_blocks(std::vector<Buffer>&& blocks) {
  std::move(blocks.begin(), blocks.end(), std::back_inserter(spare_));
}

ByteView ChunkAssembler::take(ByteView piece) {
  if (!filling_) {
    filling_ = std::move(spare_.back());
    spare_.pop_back();
  }
  const std::size_t count = std::min<std::size_t>(piece.size(), kChunkSize - filled_);
  std::memcpy(filling_.get() + filled_, piece.data(), count);
  filled_ += count;
  position_ += count;
  return piece.subspan(count);
}

Buffer ChunkAssembler::take_chunk() {
  Buffer chunk = std::move(filling_);
  const std::uint64_t length = std::exchange(filled_, 0);
  std::memset(chunk.get() + length, 0, kChunkSize - length);
  return chunk;
}

ChunkSpan ChunkAssembler::held() const {
  if (held_.empty()) return {};
  return {held_.begin()->first, next(held_.rbegin()->first)};
}

void ChunkAssembler::release_buffers() {
  filling_.reset();
  spare_.clear();
  held_.clear();
}

}  // namespace mediafs
