#include "store/download/pending_read.h"

#include <algorithm>

namespace mediafs {

PendingRead::PendingRead(ByteRange range, std::vector<ConstBuffer> chunks, Done<Slices> done)
    : range_(range),
      span_(chunks_covering(range)),
      chunks_(std::move(chunks)),
      missing_(static_cast<std::size_t>(std::count(chunks_.begin(), chunks_.end(), nullptr))),
      done_(std::move(done)) {}

ChunkIndex PendingRead::first_missing() const {
  const auto found = std::find(chunks_.begin(), chunks_.end(), nullptr);
  return ChunkIndex{number_of(span_.first) + static_cast<std::uint32_t>(found - chunks_.begin())};
}

void PendingRead::offer(ChunkIndex index, const ConstBuffer& chunk, std::uint64_t filled) {
  if (index < span_.first || index >= span_.past) return;
  ConstBuffer& place = chunks_[number_of(index) - number_of(span_.first)];
  const std::uint64_t wanted_end = std::min(range_.end(), start_of(next(index)));
  if (place || start_of(index) + filled < wanted_end) return;
  place = chunk;
  --missing_;
}

void PendingRead::take_from(const std::function<ConstBuffer(ChunkIndex)>& look_up) {
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    if (chunks_[i]) continue;
    chunks_[i] = look_up(ChunkIndex{number_of(span_.first) + static_cast<std::uint32_t>(i)});
    if (chunks_[i]) --missing_;
  }
}

}  // namespace mediafs
