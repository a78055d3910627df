#include "mediafs/api/retry.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr Errc kMayPass[] = {Errc::unreachable, Errc::unavailable, Errc::timed_out, Errc::throttled};
constexpr Errc kMalformed[] = {Errc::protocol, Errc::corrupt};

std::optional<Duration> after(Errc failure, int failures,
                              std::optional<Duration> retry_after = std::nullopt) {
  return delay_before_retry({failure, failures, seconds(30), retry_after, 0.5});
}

TEST(Retry, TheDeadlineEndsWhatMayPassAndNoCountDoes) {
  for (const Errc failure : kMayPass) {
    EXPECT_EQ(after(failure, 1), Duration(25));
    EXPECT_EQ(after(failure, 2), Duration(50));
    EXPECT_EQ(after(failure, 5), Duration(400));
    EXPECT_EQ(after(failure, 8), Duration(2'500)) << "half of the longest pause";
    EXPECT_EQ(after(failure, 1'000'000), Duration(2'500));
  }
}

TEST(Retry, WhatIsMalformedIsTriedOnceMore) {
  for (const Errc failure : kMalformed) {
    EXPECT_TRUE(after(failure, 1).has_value());
    EXPECT_FALSE(after(failure, 2).has_value());
  }
}

TEST(Retry, AClearAnswerIsFinal) {
  for (const Errc failure : kAllErrcs) {
    const bool again = std::count(std::begin(kMayPass), std::end(kMayPass), failure) > 0 ||
                       std::count(std::begin(kMalformed), std::end(kMalformed), failure) > 0;
    EXPECT_EQ(after(failure, 1).has_value(), again) << to_string(failure);
  }
}

TEST(Retry, FailuresOfAnotherKindAreNotCountedTogether) {
  FailureCount count;
  for (const Errc failure : kMayPass) count.add(failure);
  EXPECT_EQ(count.add(Errc::unavailable), 5);
  EXPECT_EQ(count.add(Errc::corrupt), 1);
  EXPECT_EQ(count.add(Errc::protocol), 2);
  EXPECT_EQ(count.add(Errc::throttled), 6);
}

TEST(Retry, AWishOfTheOriginThatCannotBeMetInTimeEndsIt) {
  EXPECT_TRUE(after(Errc::throttled, 1, seconds(29)).has_value());
  EXPECT_FALSE(after(Errc::throttled, 1, seconds(30)).has_value());
  EXPECT_FALSE(after(Errc::throttled, 1, hours(87'600)).has_value());
}

TEST(Retry, OfALongWishAMinuteIsBelieved) {
  EXPECT_TRUE(delay_before_retry({Errc::throttled, 1, seconds(61), hours(87'600), 0.5}).has_value());
}

TEST(Retry, AWishForLessThanNothingIsNoLeaveToHurry) {
  for (const auto wish : {seconds(0), seconds(-5)}) {
    EXPECT_EQ(after(Errc::throttled, 3, wish), after(Errc::throttled, 3));
  }
}

TEST(Retry, TheLastPauseLeavesRoomForOneMoreTry) {
  const auto pause = [](Duration left) {
    return delay_before_retry({Errc::unavailable, 20, left, std::nullopt, 0.99});
  };
  EXPECT_EQ(pause(seconds(4)), Duration(3'500));
  EXPECT_EQ(pause(Duration(600)), Duration(300));
}

TEST(Retry, NothingIsBegunThatCannotEndInTime) {
  EXPECT_FALSE(delay_before_retry({Errc::unavailable, 1, Duration(25), std::nullopt, 0.5}).has_value());
  EXPECT_FALSE(delay_before_retry({Errc::unavailable, 1, Duration(-1), std::nullopt, 0.0}).has_value());
}

}  // namespace
}  // namespace mediafs
