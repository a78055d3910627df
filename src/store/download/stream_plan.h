// Which bytes of a media are fetched, and when: decisions alone, no deferred.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "mediafs/base/bytes.h"
#include "mediafs/model/chunk.h"
#include "store/download/sequential_readers.h"

namespace mediafs {

/// A media of this size or less is fetched whole once its head has been asked for, held until its signature
/// is verified, and finished though nobody waits for it any more.
inline constexpr std::uint64_t kSmallMedia = 4_MiB;

/// How many streams one media may have.
inline constexpr std::size_t kMostStreams = 4;

/// What decides how far a stream may go.
struct StreamSituation {
  std::uint64_t size = 0;
  std::uint64_t position = 0;  // where the stream is
  bool wanted = false;         // somebody waits for it or has the media open
  bool kept = false;           // the cache takes what it brings
  bool seekable = false;       // the origin answers ranges: what is not fetched now can be had later
  std::uint64_t target = 0;    // how far its readers make it worth going
};

/// The offset at which the stream pauses.
inline std::uint64_t stream_limit(const StreamSituation& s) {
  const bool nearly_done = s.size - std::min(s.position, s.size) <= kSmallMedia;
  if (s.size <= kSmallMedia || (s.kept && (nearly_done || (s.wanted && !s.seekable)))) return s.size;
  const std::uint64_t head = s.seekable ? kGlance : kSmallMedia;
  return s.wanted ? std::min(s.size, std::max(s.target, head)) : head;
}

/// How far ahead a media may be fetched when `streams` share `memory` bytes with it.
inline std::uint64_t largest_window(std::uint64_t memory, std::uint64_t streams) {
  return std::min(kLargestWindow, memory / std::max<std::uint64_t>(streams, 1));
}

/// Those of the media that are fetched before anybody asks: small ones first, as many as `memory` holds of
/// what is fetched of each.
template <typename ItemRef>
std::vector<ItemRef> worth_fetching_ahead(const std::vector<ItemRef>& items, std::uint64_t memory) {
  std::multimap<std::uint64_t, ItemRef> by_size;  // those of one size stay in their order
  for (const ItemRef& item : items) by_size.emplace(item->unsized ? kSmallMedia : item->size, item);
  std::vector<ItemRef> worth;
  for (const auto& [size, item] : by_size) {
    const std::uint64_t needed = std::min(size, kSmallMedia);
    if (needed > memory) break;
    memory -= needed;
    worth.push_back(item);
  }
  return worth;
}

/// Where a stream is and what it will bring.
struct StreamPlace {
  std::uint64_t position = 0;
  std::uint64_t end = 0;
  std::uint64_t bytes_per_second = 0;  // 0: not known
};

/// The stream (by its index) that will bring the chunk soonest; nothing where none does. Streams begin at a
/// chunk's start or go on where another left off, so one that is within the chunk has all of it.
inline std::optional<std::size_t> stream_bringing(ChunkIndex chunk, std::span<const StreamPlace> streams) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    if (chunk_at(streams[i].position) > chunk || streams[i].end <= start_of(chunk)) continue;
    if (!best || streams[i].position > streams[*best].position) best = i;
  }
  return best;
}

/// Whether a read should wait for a stream that is `distance` before it, rather than ask for a range of its
/// own. The kernel reads up to 2 MiB ahead of whoever goes on reading; that is no seek.
inline bool worth_waiting(std::uint64_t distance, bool goes_on_reading, std::uint64_t bytes_per_second) {
  if (goes_on_reading) return distance <= 4_MiB;
  if (bytes_per_second == 0) return distance <= 1_MiB;
  return distance <= std::clamp<std::uint64_t>(bytes_per_second / 10, kChunkSize, 1_MiB);
}

}  // namespace mediafs
