// The plan held beside the decisions that it takes the place of, which stand here as they were in Download:
// the two must say the same in any situation. It goes with them.
#include <algorithm>
#include <random>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "store/download/fetch_plan.h"

namespace mediafs {
namespace {

std::optional<std::size_t> stream_bringing(ChunkIndex chunk, std::span<const StreamPlace> streams) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    if (chunk_at(streams[i].position) > chunk || streams[i].end <= start_of(chunk)) continue;
    if (!best || streams[i].position > streams[*best].position) best = i;
  }
  return best;
}

/// The decisions of Download before they were one plan. A stream that has broken stood in a list of its own.
class OldDecisions {
 public:
  OldDecisions(Situation& situation, const Trigger& trigger) : s_(situation), trigger_(trigger) {}

  std::vector<FetchAction> actions;

  [[nodiscard]] std::vector<std::size_t> running(std::optional<std::size_t> except = {}) const {
    std::vector<std::size_t> streams;
    for (std::size_t i = 0; i < s_.streams.size(); ++i) {
      if (is_live(s_.streams[i].state) && i != except) streams.push_back(i);
    }
    return streams;
  }
  [[nodiscard]] std::optional<std::size_t> bringer_of(ChunkIndex chunk,
                                                      std::optional<std::size_t> except = {}) const {
    const auto streams = running(except);
    std::vector<StreamPlace> places;
    for (const std::size_t i : streams) places.push_back(s_.streams[i].place);
    const auto found = stream_bringing(chunk, places);
    return found ? std::optional(streams[*found]) : std::nullopt;
  }
  [[nodiscard]] std::optional<std::size_t> awaited_for(ChunkIndex chunk, bool goes_on_reading = true,
                                                       std::optional<std::size_t> except = {}) const {
    const auto bringer = bringer_of(chunk, except);
    if (!bringer || !s_.may_seek) return bringer;
    const StreamPlace place = s_.streams[*bringer].place;
    const std::uint64_t distance = start_of(chunk) - std::min(start_of(chunk), place.position);
    return is_worth_waiting(distance, goes_on_reading, place.bytes_per_second) ? bringer : std::nullopt;
  }
  [[nodiscard]] bool is_coming(ChunkIndex chunk, bool goes_on_reading = true) const {
    for (const std::size_t i : running()) {
      const ChunkSpan& held = s_.streams[i].held;
      if (!s_.size || (held.first <= chunk && chunk < held.past)) return true;
    }
    for (const StreamFacts& stream : s_.streams) {
      if (stream.state != StreamState::retrying) continue;
      if (!s_.may_seek) return true;
      const bool brings = stream_bringing(chunk, std::span(&stream.place, 1)).has_value();
      if (brings && is_worth_waiting(start_of(chunk) - std::min(start_of(chunk), stream.place.position),
                                     goes_on_reading, 0))
        return true;
    }
    return awaited_for(chunk, goes_on_reading).has_value();
  }
  [[nodiscard]] bool is_awaited(std::size_t stream) const {
    if (s_.streams[stream].holds_back || !s_.size) return s_.somebody_asks || !s_.reads.empty();
    const ChunkSpan& held =
        s_.streams[stream].held;  // which they forgot: such a stream was cancelled for another
    return std::any_of(s_.reads.begin(), s_.reads.end(), [&](const ReadFacts& read) {
      return (held.first <= read.first_missing && read.first_missing < held.past) ||
             awaited_for(read.first_missing) == stream;
    });
  }
  [[nodiscard]] bool others_bring_all(std::size_t stream) const {
    return !running(stream).empty() &&
           std::all_of(s_.reads.begin(), s_.reads.end(), [&](const ReadFacts& read) {
             return awaited_for(read.first_missing, true, stream).has_value();
           });
  }
  [[nodiscard]] std::uint64_t limit_of(std::size_t stream) const {
    if (!s_.size) return s_.wanted() ? s_.largest : kSmallMedia;
    const std::uint64_t position = s_.streams[stream].place.position;
    std::uint64_t target = s_.readers->target_at(position, s_.window);
    for (const ReadFacts& read : s_.reads) {
      if (awaited_for(read.first_missing) == stream) target = std::max(target, read.end);
    }
    return stream_limit({*s_.size, position, s_.wanted(), s_.kept, s_.has_ranges, target});
  }

  void ensure_streams() {
    if (!s_.size && s_.somebody_asks) ensure_stream_for(ChunkIndex{0}, 0, true);
    for (std::size_t i = 0; i < s_.reads.size(); ++i) {
      const ReadFacts read = s_.reads[i];
      if (!ensure_stream_for(read.first_missing, read.end, !read.seeks)) break;
    }
    if (trigger_.reader_moved) fetch_ahead();
    wake_streams();
  }

 private:
  bool make_room() {
    const auto streams = running();
    if (streams.size() < kMostStreams) return true;
    const auto spare =
        std::find_if(streams.begin(), streams.end(), [this](std::size_t i) { return !is_awaited(i); });
    if (spare == streams.end()) return false;
    s_.streams[*spare].state = StreamState::cancelled;
    actions.push_back({.kind = FetchAction::Kind::cancel, .stream = *spare});
    return true;
  }
  bool ensure_stream_for(ChunkIndex chunk, std::uint64_t wanted_end, bool goes_on_reading) {
    if (!s_.may_start || is_coming(chunk, goes_on_reading)) return true;
    if (!make_room()) return false;
    if (chunk > ChunkIndex{0} && s_.may_seek) {
      const std::uint64_t from = start_of(chunk);
      start(from, std::max(wanted_end, s_.readers->target_at(from, s_.window)));
    } else {
      start(0, kToTheEnd);
    }
    return true;
  }
  void fetch_ahead() {
    const SequentialReader& run = s_.readers->last();
    if (!s_.may_seek || !s_.open || run.fetched_to == 0 || !s_.may_start) return;
    const std::uint64_t target = std::min(target_of(run, s_.window), *s_.size);
    std::uint64_t from = run.fetched_to / kChunkSize * kChunkSize;
    while (from < target && bringer_of(chunk_at(from))) from += kChunkSize;
    const std::uint64_t window = target - std::min(target, run.read_up_to);
    if (from >= target || target - from < window / 2 || running().size() >= kMostStreams) return;
    start(from, target);
  }
  void wake_streams() {
    for (std::size_t i = 0; i < s_.streams.size(); ++i) {
      StreamFacts& stream = s_.streams[i];
      if (!is_live(stream.state)) continue;
      if (stream.may_be_hastened && s_.wanted()) actions.push_back({FetchAction::Kind::hasten, i});
      const bool asleep = i == trigger_.pausing || (trigger_.pausing && stream.lacks_memory);
      if (stream.state != StreamState::paused || asleep || stream.place.position >= limit_of(i)) continue;
      stream.state = StreamState::flowing;
      actions.push_back({FetchAction::Kind::resume, i});
    }
  }
  void start(std::uint64_t from, std::uint64_t to) {
    actions.push_back({.kind = FetchAction::Kind::start, .from = from, .to = to});
    s_.streams.push_back({.place = {.position = from, .end = to}});
  }

  Situation& s_;
  const Trigger trigger_;
};

/// Situations drawn at random, of a media of 200 chunks.
class RandomSituation {
 public:
  explicit RandomSituation(std::uint64_t seed) : random_(seed) {
    const std::uint64_t size = below(2) == 0 ? 200 * kChunkSize : (1 + below(30)) * kChunkSize - below(1'000);
    const std::uint64_t chunks = chunk_count(size);
    if (below(8) != 0) situation.size = size;
    situation.largest = situation.size.value_or(1_GiB);
    situation.may_start = below(20) != 0;
    situation.open = below(3) != 0;
    situation.somebody_asks = !situation.size && below(2) == 0;
    situation.has_ranges = situation.size && below(3) != 0;
    situation.may_seek = situation.has_ranges && below(4) != 0;
    situation.kept = below(2) == 0;
    situation.window = (1 + below(32)) * 1_MiB;
    for (std::uint64_t i = below(kMostStreams + 1); i > 0; --i) add_stream(size, chunks);
    for (std::uint64_t i = 1 + below(6); i > 0; --i) note_read(size);
    if (below(2) == 0)
      readers.expect(below(chunks) * kChunkSize, below(chunks + 1) * kChunkSize, situation.window);
    situation.readers = &readers;
    situation.seen = &seen;
    trigger.reader_moved = situation.size && below(2) == 0;
    if (!situation.streams.empty() && below(3) == 0) trigger.pausing = below(situation.streams.size());
  }

  Situation situation;
  Trigger trigger;
  SequentialReaders readers;
  ChunkFingerprints seen;

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

 private:
  void add_stream(std::uint64_t size, std::uint64_t chunks) {
    constexpr StreamState kStates[] = {StreamState::requested, StreamState::flowing,   StreamState::paused,
                                       StreamState::retrying,  StreamState::cancelled, StreamState::ended};
    StreamFacts stream{.state = kStates[below(std::size(kStates))]};
    stream.place.position = below(chunks + 1) * kChunkSize + (below(2) == 0 ? below(kChunkSize) : 0);
    stream.place.end = below(2) == 0 ? size : stream.place.position + below(20) * kChunkSize;
    stream.place.bytes_per_second = below(2) == 0 ? 0 : below(100'000'000);
    if (below(4) == 0) stream.held = {chunk_at(stream.place.position / 2), chunk_at(stream.place.position)};
    stream.holds_back = below(6) == 0;
    stream.lacks_memory = stream.state == StreamState::paused && below(3) == 0;
    stream.may_be_hastened = below(4) == 0;
    situation.streams.push_back(stream);
  }
  void note_read(std::uint64_t size) {
    const ByteRange range = clipped({below(size), 1 + below(1_MiB)}, size);
    const bool missing = below(2) == 0;
    readers.note(range, missing);
    if (missing && situation.size)
      situation.reads.push_back({chunk_at(range.offset), range.end(), below(4) == 0});
  }

  std::mt19937_64 random_;
};

std::vector<FetchAction> all_actions(Situation& situation, const Trigger& trigger) {
  std::vector<FetchAction> actions;
  while (const auto action = next_action(situation, trigger)) {
    actions.push_back(*action);
    switch (action->kind) {
      case FetchAction::Kind::start:
        situation.streams.push_back({.place = {.position = action->from, .end = action->to}});
        break;
      case FetchAction::Kind::hasten:
        situation.streams[action->stream].may_be_hastened = false;
        break;
      case FetchAction::Kind::resume:
        situation.streams[action->stream].state = StreamState::flowing;
        break;
      case FetchAction::Kind::cancel:
        situation.streams[action->stream].state = StreamState::cancelled;
        break;
    }
    if (actions.size() > 100) break;  // it would never end
  }
  return actions;
}

TEST(FetchPlanDifferential, SaysWhatTheOldDecisionsSaid) {
  for (std::uint64_t seed = 1; seed <= 1'000'000 / MEDIAFS_TEST_SLOWDOWN; ++seed) {
    RandomSituation drawn(seed);
    Situation before = drawn.situation;
    OldDecisions old(before, drawn.trigger);
    for (int i = 0; i < 3; ++i) {
      const ChunkIndex chunk{static_cast<std::uint32_t>(drawn.below(201))};
      for (const bool goes_on : {false, true})
        ASSERT_EQ(is_in_flight(drawn.situation, chunk, goes_on), old.is_coming(chunk, goes_on)) << seed;
    }
    for (std::size_t i = 0; i < before.streams.size(); ++i) {
      ASSERT_EQ(is_awaited(drawn.situation, i), old.is_awaited(i)) << seed;
      ASSERT_EQ(others_bring_all(drawn.situation, i), old.others_bring_all(i)) << seed;
      ASSERT_EQ(limit_of(drawn.situation, i), old.limit_of(i)) << seed;
    }
    old.ensure_streams();
    ASSERT_EQ(all_actions(drawn.situation, drawn.trigger), old.actions) << seed;
  }
}

}  // namespace
}  // namespace mediafs
