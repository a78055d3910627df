#include "cache/retention.h"

#include <gmock/gmock.h>

namespace mediafs {
namespace {

TEST(RetentionClock, FollowsTheWallClockForward) {
  EXPECT_EQ(ahead_of_boot(/*wall=*/2'000, /*since_boot=*/50, /*before=*/1'000), 1'950);
}

TEST(RetentionClock, GoesOnFromTheLatestTimeSeenWhereTheWallClockIsSetBack) {
  EXPECT_EQ(ahead_of_boot(/*wall=*/500, /*since_boot=*/50, /*before=*/1'000), 1'000);
  // Also where it had jumped ahead while this ran.
  const UnixSeconds jumped = ahead_of_boot(/*wall=*/9'000, /*since_boot=*/60, /*before=*/1'000);
  EXPECT_EQ(ahead_of_boot(/*wall=*/510, /*since_boot=*/70, jumped), 8'940);
}

TEST(RetentionClock, BeginsNoEarlierThanWhatWasSeen) {
  const UnixSeconds in_a_year = wall_seconds() + 365 * 86'400;
  EXPECT_GE(RetentionClock(in_a_year).now(), in_a_year);
  EXPECT_GE(RetentionClock(0).now(), wall_seconds() - 1);
  EXPECT_LT(RetentionClock(0).now(), in_a_year);
}

TEST(Eviction, TakesWholeVersionsReadLongestAgoUntilThereIsRoom) {
  const std::vector<EvictionCandidate> candidates{
      {Revision{1}, 30, 10}, {Revision{2}, 10, 3}, {Revision{3}, 20, 4}};
  const auto victims = [&](std::uint64_t chunks) { return choose_victims(candidates, chunks); };
  EXPECT_THAT(victims(0), testing::IsEmpty());
  EXPECT_THAT(victims(1), testing::ElementsAre(Revision{2}));
  EXPECT_THAT(victims(3), testing::ElementsAre(Revision{2}));
  EXPECT_THAT(victims(4), testing::ElementsAre(Revision{2}, Revision{3}));
  EXPECT_THAT(victims(100), testing::ElementsAre(Revision{2}, Revision{3}, Revision{1}));
}

}  // namespace
}  // namespace mediafs
