#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "mediafs/model/media_id.h"

namespace mediafs {

/// A media of which something is on its way, at one time: for who watches.
struct Transfer {
  MediaId id;
  std::optional<std::uint64_t> size;   // bytes; nothing: not known yet
  std::uint64_t here = 0;              // bytes of it that have come, now or earlier, in whole chunks
  std::uint64_t bytes_per_second = 0;  // 0: nothing flows just now
  std::size_t open = 0;                // how often it is open
};

}  // namespace mediafs
