#pragma once

#include <vector>

#include "mediafs/base/buffer_pool.h"
#include "mediafs/base/bytes.h"

namespace mediafs {

/// A run of bytes and what keeps them where they are.
struct Slice {
  ConstBuffer owner;
  ByteView bytes;
};
using Slices = std::vector<Slice>;

}  // namespace mediafs
