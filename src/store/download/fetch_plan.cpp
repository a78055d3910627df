#include "store/download/fetch_plan.h"

#include <optional>

namespace mediafs {

namespace {

using Kind = FetchAction::Kind;

using Index = std::optional<std::size_t>;  // of a stream, in the situation

/// Streams begin at a chunk's start or go on where another left off, so one that is within the chunk has all
/// of it.
bool covers(const StreamPlace& place, ChunkIndex chunk) {
  return chunk_at(place.position) <= chunk && place.end > start_of(chunk);
}

bool contains(ChunkSpan span, ChunkIndex chunk) {
  return span.first <= chunk && chunk < span.past;
}

std::uint64_t distance_to(ChunkIndex chunk, const StreamPlace& place) {
  return start_of(chunk) - std::min(start_of(chunk), place.position);
}

std::size_t live_streams(const Situation& s) {
  return static_cast<std::size_t>(std::count_if(
      s.streams.begin(), s.streams.end(), [](const StreamFacts& stream) { return is_live(stream.state); }));
}

/// The live stream that will bring the chunk soonest; nothing where none does.
Index stream_covering(const Situation& s, ChunkIndex chunk, Index except = std::nullopt) {
  Index best;
  for (std::size_t i = 0; i < s.streams.size(); ++i) {
    const StreamFacts& stream = s.streams[i];
    if (i == except || !is_live(stream.state) || !covers(stream.place, chunk)) continue;
    if (!best || stream.place.position > s.streams[*best].place.position) best = i;
  }
  return best;
}

/// The live stream that whoever reads the chunk waits for, rather than for a range of their own.
Index stream_worth_waiting_for(const Situation& s, ChunkIndex chunk, bool goes_on_reading = true,
                               Index except = std::nullopt) {
  const Index covering = stream_covering(s, chunk, except);
  if (!covering || !s.may_seek) return covering;
  const StreamPlace& place = s.streams[*covering].place;
  const bool soon = is_worth_waiting(distance_to(chunk, place), goes_on_reading, place.bytes_per_second);
  return soon ? covering : std::nullopt;
}

/// Whether it comes by a stream that has broken and goes on in a moment.
bool comes_after_retry(const Situation& s, const StreamFacts& stream, ChunkIndex chunk,
                       bool goes_on_reading) {
  if (!s.may_seek) return true;  // it begins from the start, or goes on where it broke
  return covers(stream.place, chunk) &&
         is_worth_waiting(distance_to(chunk, stream.place), goes_on_reading, /*bytes_per_second=*/0);
}

FetchAction start_for(const Situation& s, ChunkIndex chunk, std::uint64_t wanted_end) {
  if (chunk == ChunkIndex{0} || !s.may_seek) return {.kind = Kind::start};
  const std::uint64_t from = start_of(chunk);
  return {
      .kind = Kind::start, .from = from, .to = std::max(wanted_end, s.readers->target_at(from, s.window))};
}

/// A stream for the chunk, or room for one: a stream that nobody waits for gives way. Nothing where the chunk
/// has to wait until another stream has ended.
std::optional<FetchAction> start_or_make_room(const Situation& s, ChunkIndex chunk,
                                              std::uint64_t wanted_end) {
  const auto room = room_for_another(s);
  if (!room) return std::nullopt;
  if (room->cancel) return FetchAction{.kind = Kind::cancel, .stream = *room->cancel};
  return start_for(s, chunk, wanted_end);
}

/// Whoever waits has a stream to wait for.
std::optional<FetchAction> serve_waiting(const Situation& s) {
  if (!s.may_start) return std::nullopt;
  if (!s.size && s.somebody_asks && !is_in_flight(s, ChunkIndex{0}))
    return start_or_make_room(s, ChunkIndex{0}, /*wanted_end=*/0);
  for (const ReadFacts& read : s.reads) {
    if (!is_in_flight(s, read.first_missing, !read.seeks))
      return start_or_make_room(s, read.first_missing, read.end);
  }
  return std::nullopt;
}

/// What is fetched ahead for who read last, before they are there.
std::optional<FetchAction> fetch_ahead(const Situation& s) {
  if (!s.may_start || !s.may_seek || !s.open) return std::nullopt;
  const SequentialReader& reader = s.readers->last();
  if (reader.fetched_to == 0) return std::nullopt;
  const std::uint64_t target = std::min(target_of(reader, s.window), *s.size);
  const std::uint64_t from = covered_ahead(s) / kChunkSize * kChunkSize;
  const std::uint64_t left = target - std::min(target, reader.read_up_to);
  if (from >= target || target - from < left / 2 || live_streams(s) >= kMostStreams) return std::nullopt;
  return FetchAction{.kind = Kind::start, .from = from, .to = target};
}

/// A stream that nobody has use for gives its connection back. It goes on by range when somebody does, or
/// from the start if nobody has the media open any more.
std::optional<FetchAction> drop_idle(const Situation& s, const Trigger& trigger) {
  for (std::size_t i = 0; i < s.streams.size(); ++i) {
    const StreamFacts& stream = s.streams[i];
    const bool too_long = stream.state == StreamState::paused && stream.paused_since <= trigger.paused_before;
    if (is_live(stream.state) && (too_long || !s.wanted()))
      return FetchAction{.kind = Kind::cancel, .stream = i};
  }
  return std::nullopt;
}

/// One that lacks memory may find some by now, but not because another has found none: the two would have
/// each other resumed for ever.
bool may_go_on(const Situation& s, std::size_t stream, const Trigger& trigger) {
  if (stream == trigger.pausing || (trigger.pausing && s.streams[stream].lacks_memory)) return false;
  return s.streams[stream].place.position < limit_of(s, stream);
}

std::optional<FetchAction> hasten_or_resume(const Situation& s, const Trigger& trigger) {
  for (std::size_t i = 0; i < s.streams.size(); ++i) {
    const StreamFacts& stream = s.streams[i];
    if (!is_live(stream.state)) continue;
    if (stream.may_be_hastened && s.wanted()) return FetchAction{.kind = Kind::hasten, .stream = i};
    if (stream.state == StreamState::paused && may_go_on(s, i, trigger))
      return FetchAction{.kind = Kind::resume, .stream = i};
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(StreamState state) {
  switch (state) {
    case StreamState::requested:
      return "requested";
    case StreamState::flowing:
      return "flowing";
    case StreamState::paused:
      return "paused";
    case StreamState::retrying:
      return "retrying";
    case StreamState::cancelled:
      return "cancelled";
    case StreamState::ended:
      return "ended";
  }
  return "";
}

std::optional<FetchAction> next_action(const Situation& situation, const Trigger& trigger) {
  if (trigger.time_to_drop) return drop_idle(situation, trigger);
  if (auto start = serve_waiting(situation)) return start;
  if (trigger.reader_moved) {
    if (auto start = fetch_ahead(situation)) return start;
  }
  return hasten_or_resume(situation, trigger);
}

std::uint64_t limit_of(const Situation& s, std::size_t stream) {
  if (!s.size) return s.wanted() ? s.largest : kSmallMedia;
  const std::uint64_t position = s.streams[stream].place.position;
  std::uint64_t target = s.readers->target_at(position, s.window);
  // A read may wait for the whole of its last chunk.
  for (const ReadFacts& read : s.reads) {
    if (stream_worth_waiting_for(s, read.first_missing) == stream)
      target = std::max(target, start_of(ChunkIndex{chunk_count(read.end)}));
  }
  return stream_limit({.size = *s.size,
                       .position = position,
                       .wanted = s.wanted(),
                       .kept = s.kept,
                       .seekable = s.has_ranges,
                       .target = target});
}

bool is_in_flight(const Situation& s, ChunkIndex chunk, bool goes_on_reading, Index except) {
  for (std::size_t i = 0; i < s.streams.size(); ++i) {
    const StreamFacts& stream = s.streams[i];
    if (i == except) continue;
    if (is_live(stream.state)) {
      // Before the size is known nobody reads, and any stream brings what is waited for: its end.
      if (!s.size || contains(stream.held, chunk)) return true;
    } else if (stream.state == StreamState::retrying &&
               comes_after_retry(s, stream, chunk, goes_on_reading)) {
      return true;
    }
  }
  return stream_worth_waiting_for(s, chunk, goes_on_reading, except).has_value();
}

std::uint64_t covered_ahead(const Situation& s) {
  const SequentialReader& reader = s.readers->last();
  if (reader.fetched_to == 0 || !s.may_seek || !s.open) return reader.fetched_to;
  const std::uint64_t target = std::min(target_of(reader, s.window), *s.size);
  std::uint64_t covered = reader.fetched_to / kChunkSize * kChunkSize;
  while (covered < target && (s.seen->seen(chunk_at(covered)) || stream_covering(s, chunk_at(covered))))
    covered += kChunkSize;
  return std::max(reader.fetched_to, covered);
}

bool is_awaited(const Situation& s, std::size_t stream) {
  const StreamFacts& facts = s.streams[stream];
  if (facts.holds_back || !s.size) return s.somebody_asks || !s.reads.empty();
  return std::any_of(s.reads.begin(), s.reads.end(), [&](const ReadFacts& read) {
    return contains(facts.held, read.first_missing) ||
           stream_worth_waiting_for(s, read.first_missing) == stream;
  });
}

bool others_bring_all(const Situation& s, std::size_t stream) {
  const std::size_t others = live_streams(s) - (is_live(s.streams[stream].state) ? 1 : 0);
  return others > 0 && std::all_of(s.reads.begin(), s.reads.end(), [&](const ReadFacts& read) {
           return stream_worth_waiting_for(s, read.first_missing, true, stream).has_value();
         });
}

std::optional<Room> room_for_another(const Situation& s) {
  if (live_streams(s) < kMostStreams) return Room{};
  for (std::size_t i = 0; i < s.streams.size(); ++i) {
    if (is_live(s.streams[i].state) && !is_awaited(s, i)) return Room{.cancel = i};
  }
  return std::nullopt;
}

bool is_worth_retrying(const Situation& s, std::size_t stream) {
  const std::uint64_t size = s.size.value_or(0);
  const std::uint64_t position = s.streams[stream].place.position;
  if (is_in_flight(s, chunk_at(position), true, stream)) return false;
  return s.wanted() ||
         stream_limit({.size = size, .position = position, .kept = s.kept, .seekable = s.has_ranges}) >
             position;
}

std::uint64_t largest_window(std::uint64_t memory, std::uint64_t streams) {
  return std::min(kLargestWindow, memory / std::max<std::uint64_t>(streams, 1));
}

bool is_worth_waiting(std::uint64_t distance, bool goes_on_reading, std::uint64_t bytes_per_second) {
  if (goes_on_reading) return distance <= 4_MiB;
  if (bytes_per_second == 0) return distance <= 1_MiB;
  return distance <= std::clamp<std::uint64_t>(bytes_per_second / 10, kChunkSize, 1_MiB);
}

std::uint64_t stream_limit(const StreamReach& r) {
  const bool nearly_done = r.size - std::min(r.position, r.size) <= kSmallMedia;
  if (r.size <= kSmallMedia || (r.kept && (nearly_done || (r.wanted && !r.seekable)))) return r.size;
  const std::uint64_t head = r.seekable ? kGlance : kSmallMedia;
  return r.wanted ? std::min(r.size, std::max(r.target, head)) : head;
}

}  // namespace mediafs
