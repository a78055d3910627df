#include "mediafs/api/retry.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

std::optional<Duration> after(Errc failure, int attempts,
                              std::optional<Duration> retry_after = std::nullopt) {
  return delay_before_retry({failure, attempts, seconds(30), retry_after, 0.5});
}

TEST(Retry, WhatMayPassIsTriedFiveTimesWithGrowingPauses) {
  for (const Errc failure : {Errc::unavailable, Errc::timed_out, Errc::throttled}) {
    EXPECT_EQ(after(failure, 1), Duration(100));
    EXPECT_EQ(after(failure, 2), Duration(200));
    EXPECT_EQ(after(failure, 4), Duration(800));
    EXPECT_FALSE(after(failure, 5).has_value());
  }
}

TEST(Retry, WhatIsMalformedIsTriedOnceMore) {
  for (const Errc failure : {Errc::protocol, Errc::corrupt}) {
    EXPECT_TRUE(after(failure, 1).has_value());
    EXPECT_FALSE(after(failure, 2).has_value());
  }
}

TEST(Retry, AClearAnswerIsFinal) {
  for (const Errc failure : {Errc::not_found, Errc::denied, Errc::invalid_argument, Errc::untrusted,
                             Errc::outside_api, Errc::cancelled, Errc::too_large, Errc::internal}) {
    EXPECT_FALSE(after(failure, 1).has_value()) << to_string(failure);
  }
}

TEST(Retry, TheOriginsWishIsFollowedWithinReason) {
  EXPECT_EQ(after(Errc::throttled, 1, seconds(2)), Duration(2000));
  EXPECT_EQ(after(Errc::throttled, 1, seconds(-5)), Duration(0));
  EXPECT_FALSE(after(Errc::throttled, 1, hours(87'600)).has_value());
}

TEST(Retry, NothingIsBegunThatCannotEndInTime) {
  EXPECT_FALSE(delay_before_retry({Errc::unavailable, 1, Duration(50), std::nullopt, 0.5}).has_value());
  EXPECT_FALSE(delay_before_retry({Errc::unavailable, 1, Duration(-1), std::nullopt, 0.0}).has_value());
}

}  // namespace
}  // namespace mediafs
