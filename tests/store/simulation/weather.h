// Which faults the origin has just now, and how they meet one request.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "mediafs/base/bytes.h"
#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"
#include "store/simulation/random.h"

namespace mediafs::simulation {

/// How many of a thousand requests meet which fault.
struct Weather {
  std::string_view name = "calm";
  // Before the head:
  std::uint64_t refused = 0;    // with one of the failures that pass
  std::uint64_t denied = 0;     // with one that does not, though the media is there
  std::uint64_t throttled = 0;  // too many requests
  std::uint64_t hangs = 0;      // until the deadline
  std::uint64_t retried = 0;    // attempts fail, until one succeeds or the deadline comes
  // In the head:
  std::uint64_t range_refused = 0;
  std::uint64_t range_whole = 0;    // the whole in the place of a range
  std::uint64_t range_foreign = 0;  // a range of another version
  std::uint64_t unsized = 0;        // without a length, where the others have one
  // In the body:
  std::uint64_t cut = 0;
  std::uint64_t changes = 0;  // of those that are cut: just then the media becomes another
  std::uint64_t stalls = 0;
  std::uint64_t slow = 0;
  std::uint64_t corrupt = 0;  // a byte is wrong, where a signature tells
  std::uint64_t wrong_length = 0;

  [[nodiscard]] bool calm() const { return name == "calm"; }
};

Weather calm();
Weather draw_weather(Random& random);

/// What becomes of one request.
struct Plan {
  enum class Start { answers, fails, hangs };

  Duration head_delay{};
  Start start = Start::answers;
  Errc failure = Errc::internal;  // that it fails with; or the setback while it hangs, unless it is internal
  Errc range_failure = Errc::internal;  // of a range; internal: none
  bool whole = false;
  bool foreign = false;
  bool unsized = false;
  std::uint64_t bytes_per_second = 0;
  std::size_t piece = 0;
  int crumbs = 0;  // so many pieces at first are tiny
  static constexpr std::uint64_t kNowhere = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t cut_after = kNowhere;  // bytes of the body
  Errc cut = Errc::unavailable;
  bool changes = false;  // the media, where it is cut
  std::uint64_t stall_after = kNowhere;
  std::uint64_t flip_after = kNowhere;
  bool too_short = false;
  bool too_long = false;

  [[nodiscard]] bool slow() const { return bytes_per_second < 1_MiB; }
};

/// `size`: of the media, to place what happens in it.
Plan draw_plan(Random& random, const Weather& weather, std::uint64_t size);

}  // namespace mediafs::simulation
