// Which bytes of a media are fetched, and when: decisions alone, no effects.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

#include "mediafs/base/bytes.h"
#include "mediafs/model/chunk.h"

namespace mediafs {

/// A media of this size or less is fetched whole once its head has been asked for, held until its signature
/// is verified, and finished though nobody waits for it any more.
inline constexpr std::uint64_t kSmallMedia = 4_MiB;

/// How far a stream may run ahead of its readers where what it brings cannot be put into the cache.
inline constexpr std::uint64_t kUncachedWindow = 8_MiB;

/// What decides how far a stream may go.
struct StreamSituation {
  std::uint64_t size = 0;
  std::uint64_t position = 0;    // where the stream is
  bool wanted = false;           // somebody waits for it or has the media open
  bool kept = false;             // the cache takes what it brings
  std::uint64_t demand_end = 0;  // the end of the furthest read so far
};

/// The offset at which the stream pauses.
inline std::uint64_t stream_limit(const StreamSituation& s) {
  const bool worth_finishing = s.size <= kSmallMedia || s.size - std::min(s.position, s.size) <= kSmallMedia;
  if (worth_finishing || (s.wanted && s.kept)) return s.size;
  if (!s.wanted) return kSmallMedia;
  return std::min(s.size, std::max(s.demand_end, kSmallMedia) + kUncachedWindow);
}

/// The stream (by its index in `positions`) that will bring the chunk soonest; nothing where all are past it.
/// Streams begin at a chunk's start or go on where another left off, so one that is within the chunk has all
/// of it.
inline std::optional<std::size_t> stream_bringing(ChunkIndex chunk,
                                                  std::span<const std::uint64_t> positions) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    if (chunk_at(positions[i]) > chunk) continue;
    if (!best || positions[i] > positions[*best]) best = i;
  }
  return best;
}

}  // namespace mediafs
