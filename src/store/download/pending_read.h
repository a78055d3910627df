#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "mediafs/base/result.h"
#include "mediafs/model/chunk.h"
#include "mediafs/store/slices.h"

namespace mediafs {

/// A read that waits for some of its chunks.
class PendingRead {
 public:
  /// `chunks` holds what is there already, null for what is missing, one for each chunk of the range.
  PendingRead(ByteRange range, std::vector<ConstBuffer> chunks, Done<Slices> done);
  [[nodiscard]] ByteRange range() const { return range_; }
  [[nodiscard]] bool complete() const { return missing_ == 0; }
  [[nodiscard]] ChunkIndex first_missing() const;

  /// Takes the chunk if it is one that is missing and `filled` bytes of it are all that this read wants of
  /// it.
  void offer(ChunkIndex index, const ConstBuffer& chunk, std::uint64_t filled);

  /// Takes every missing chunk that `look_up` has.
  void take_from(const std::function<ConstBuffer(ChunkIndex)>& look_up);

  /// The bytes of the range. REQUIRES: complete().
  [[nodiscard]] Slices slices() const { return slices_of(chunks_, range_); }

  [[nodiscard]] const Done<Slices>& done() const { return done_; }

 private:
  ByteRange range_;
  ChunkSpan span_;
  std::vector<ConstBuffer> chunks_;
  std::size_t missing_;
  Done<Slices> done_;
};

}  // namespace mediafs
