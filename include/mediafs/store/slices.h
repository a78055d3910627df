#pragma once

#include <vector>

#include "mediafs/base/buffer_pool.h"
#include "mediafs/base/bytes.h"
#include "mediafs/model/byte_range.h"

namespace mediafs {

/// A run of bytes and what keeps them where they are.
struct Slice {
  ConstBuffer owner;
  ByteView bytes;
};
using Slices = std::vector<Slice>;

/// The bytes of the range. `chunks` are those that cover it, from the first on.
Slices slices_of(const std::vector<ConstBuffer>& chunks, ByteRange range);

}  // namespace mediafs
