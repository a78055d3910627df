#include "api/api_counters.h"

#include <chrono>
#include <optional>

#include <gtest/gtest.h>

#include "support/manual_timer.h"

namespace mediafs {
namespace {

using std::chrono::seconds;

TEST(ApiCountersTest, AreSilentForAsLongAsWhoWaitsHasHeardNothing) {
  ManualTimer timer;
  ApiCounters counters(timer.clock());
  const auto silent_for = [&] {
    ApiStats stats;
    counters.add_to(stats);
    return stats.silent_for;
  };
  EXPECT_EQ(silent_for(), std::nullopt);
  const SteadyTime first = timer.now();
  counters.sent(first);
  timer.advance(seconds(3));
  const SteadyTime second = timer.now();
  counters.sent(second);
  counters.sent(second);
  EXPECT_EQ(silent_for(), seconds(3));
  counters.answered(Endpoint::media, 200, second);
  EXPECT_EQ(silent_for(), seconds(0)) << "the first one waits on, but something was heard";
  timer.advance(seconds(1));
  EXPECT_EQ(silent_for(), seconds(1));
  counters.unanswered(Endpoint::media, Errc::timed_out, first);
  timer.advance(seconds(1));
  EXPECT_EQ(silent_for(), seconds(2)) << "a failure is no sign of life";
  counters.unanswered(Endpoint::media, Errc::cancelled, second);
  EXPECT_EQ(silent_for(), std::nullopt);
}

}  // namespace
}  // namespace mediafs
