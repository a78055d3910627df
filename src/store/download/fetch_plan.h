// Which bytes of a media are fetched, and when: decisions alone, no effects.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "mediafs/base/bytes.h"
#include "mediafs/base/clock.h"
#include "mediafs/model/chunk.h"
#include "store/download/chunk_fingerprints.h"
#include "store/download/sequential_readers.h"

namespace mediafs {

/// A media of this size or less is fetched whole once its head has been asked for, held until its signature
/// is verified, and finished though nobody waits for it any more.
inline constexpr std::uint64_t kSmallMedia = 4_MiB;

/// How many streams one media may have.
inline constexpr std::size_t kMostStreams = 4;

/// The end of a stream that goes as far as the media does.
inline constexpr std::uint64_t kToTheEnd = std::numeric_limits<std::uint64_t>::max();

enum class StreamState {
  requested,  // its GET is under way, and no head has come
  flowing,
  paused,     // at its limit, or for want of memory
  retrying,   // its GET has broken; it goes on by itself in a moment
  cancelled,  // its end is still to come
  ended,
};

std::string_view to_string(StreamState state);

/// Whether its GET is under way and wanted.
constexpr bool is_live(StreamState state) {
  return state == StreamState::requested || state == StreamState::flowing || state == StreamState::paused;
}

/// Where a stream is and what it will bring.
struct StreamPlace {
  std::uint64_t position = 0;
  std::uint64_t end = 0;
  std::uint64_t bytes_per_second = 0;  // 0: not known
};

struct StreamFacts {
  StreamState state = StreamState::requested;
  StreamPlace place;
  ChunkSpan held;           // complete, and not to be seen before the body is verified
  bool holds_back = false;  // that is so of all that it brings
  SteadyTime paused_since{};
  bool lacks_memory = false;     // it waits for the pool, which has it resumed
  bool may_be_hastened = false;  // it was asked for with nobody waiting
};

struct ReadFacts {
  ChunkIndex first_missing{};
  std::uint64_t end = 0;  // of its range
  bool seeks = false;     // it has waited for what would lead to it, which has not come
};

/// All that decides what is fetched of one media.
struct Situation {
  std::optional<std::uint64_t> size;  // nothing: to be found, which takes the whole body
  std::uint64_t largest = 0;          // size that is found
  bool may_start = true;              // nothing new is begun while the store stops
  bool open = false;                  // somebody has it open
  bool somebody_asks = false;         // for its item
  bool has_ranges = false;   // the origin can be asked for a part, and its tag tells of which version that is
  bool may_seek = false;     // has_ranges, and such a part can be given to a reader
  bool kept = false;         // the cache takes what comes
  std::uint64_t window = 0;  // how far ahead of its readers it may be fetched
  const SequentialReaders* readers = nullptr;
  const ChunkFingerprints* seen = nullptr;  // chunks that have come
  std::vector<StreamFacts> streams;
  std::vector<ReadFacts> reads;

  /// Somebody waits for it or has it open.
  [[nodiscard]] bool wanted() const { return open || somebody_asks || !reads.empty(); }
};

/// What has just happened, where the situation does not tell.
struct Trigger {
  std::optional<std::size_t> pausing;    // that stream is about to pause
  std::optional<std::uint64_t> seeking;  // that waiting read has waited for what would lead to it in vain
  bool reader_moved = false;             // more may be worth fetching ahead of who read last
  bool time_to_drop = false;             // streams that have been paused for long are looked for ...
  SteadyTime paused_before{};            // ... since before this
};

struct FetchAction {
  enum class Kind { start, hasten, resume, cancel };
  Kind kind = Kind::start;
  std::size_t stream = 0;  // by its place in the situation; of all but a start
  std::uint64_t from = 0;  // of a start
  std::uint64_t to = kToTheEnd;

  bool operator==(const FetchAction&) const = default;
};

/// What is to be done next; nothing: all is as it should be. Done what it says, it is asked again, with the
/// situation as it is then.
std::optional<FetchAction> next_action(const Situation& situation, const Trigger& trigger);

/// The offset at which the stream pauses.
std::uint64_t limit_of(const Situation& situation, std::size_t stream);

/// Whether the chunk will come without another stream, soon enough for who reads it. `goes_on_reading`: every
/// read counts as going on, since the kernel sends its read-ahead in any order, until it has waited in vain
/// for what would lead to it (Trigger::seeking).
bool is_in_flight(const Situation& situation, ChunkIndex chunk, bool goes_on_reading = true,
                  std::optional<std::size_t> except = std::nullopt);

/// How far ahead of who read last everything has come or has been asked for.
std::uint64_t covered_ahead(const Situation& situation);

/// Whether somebody waits for what the stream brings next.
bool is_awaited(const Situation& situation, std::size_t stream);

/// Whether all that is waited for comes by other streams.
bool others_bring_all(const Situation& situation, std::size_t stream);

/// Whether the GET of a stream that has broken may be sent; if not, which one has to be cancelled before.
/// Nothing where all are waited for.
struct Room {
  std::optional<std::size_t> cancel;
};
std::optional<Room> room_for_another(const Situation& situation);

/// Whether a stream that has broken is to be gone on with: somebody wants what it brings, and no other brings
/// it.
bool is_worth_retrying(const Situation& situation, std::size_t stream);

// The rules that these are made of.

/// How far ahead a media may be fetched when `streams` share `memory` bytes with it.
std::uint64_t largest_window(std::uint64_t memory, std::uint64_t streams);

/// Whether a read should wait for a stream that is `distance` before it, rather than ask for a range of its
/// own. The kernel reads up to 2 MiB ahead of whoever goes on reading; that is no seek.
bool is_worth_waiting(std::uint64_t distance, bool goes_on_reading, std::uint64_t bytes_per_second);

/// What decides how far a stream may go.
struct StreamReach {
  std::uint64_t size = 0;
  std::uint64_t position = 0;  // where the stream is
  bool wanted = false;         // somebody waits for it or has the media open
  bool kept = false;           // the cache takes what it brings
  bool seekable = false;       // the origin answers ranges: what is not fetched now can be had later
  std::uint64_t target = 0;    // how far its readers make it worth going
};

std::uint64_t stream_limit(const StreamReach& reach);

}  // namespace mediafs
