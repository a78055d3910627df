#include "api/pace.h"

#include <random>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// An origin that takes so many requests a second, and as many at once; somebody always wants to ask.
class PaceTest : public testing::Test {
 protected:
  struct Count {
    int sent = 0;
    int refused = 0;
  };

  Count ask_for(seconds time, double limit) {
    Count count;
    const SteadyTime end = now_ + time;
    while (now_ < end) {
      now_ = std::max(now_, pace_.next());
      if (now_ >= end) break;
      tokens_ = std::min(std::max(limit, 1.0),
                         tokens_ + std::chrono::duration<double>(now_ - filled_).count() * limit);
      filled_ = now_;
      pace_.sent(now_);
      ++count.sent;
      if (tokens_ >= 1) {
        tokens_ -= 1;
        pace_.accepted(now_ + milliseconds(1));
      } else {
        ++count.refused;
        pace_.refused(now_ + milliseconds(1), now_, Duration(0));
      }
      now_ += milliseconds(2);
    }
    return count;
  }

  Pace pace_;
  SteadyTime now_ = SteadyTime{} + seconds(1000);
  SteadyTime filled_ = now_;
  double tokens_ = 0;
};

TEST_F(PaceTest, IsNoneWhereNothingIsRefused) {
  pace_.accepted(now_);
  EXPECT_FALSE(pace_.is_limited());
  EXPECT_LE(pace_.next(), now_);
}

TEST_F(PaceTest, FindsTheRateThatIsTakenAndIsSeldomRefused) {
  for (const double limit : {2.0, 10.0, 50.0}) {
    pace_ = Pace();
    tokens_ = std::max(limit, 1.0);
    filled_ = now_;
    const Count count = ask_for(seconds(120), limit);
    EXPECT_GE(count.sent - count.refused, 0.9 * 120 * limit) << limit << " a second";
    EXPECT_LE(count.refused, 0.1 * count.sent) << limit << " a second";
  }
}

TEST_F(PaceTest, GoesUpWhenMoreIsTaken) {
  ask_for(seconds(60), 5);
  const Count count = ask_for(seconds(120), 50);
  EXPECT_GE(pace_.is_limited() ? pace_.rate() : 50, 40);
  EXPECT_GE(count.sent, 2'000);
}

TEST_F(PaceTest, WhereAllIsRefusedIsOneASecondAndSoonRightAgain) {
  ask_for(seconds(10), 200);
  ask_for(seconds(60), 0);
  const Count outage = ask_for(seconds(60), 0);
  EXPECT_LE(outage.sent, 61);
  EXPECT_GE(outage.sent, 55);
  tokens_ = 200;
  const Count after = ask_for(seconds(5), 200);
  EXPECT_GE(after.sent - after.refused, 300);
}

TEST_F(PaceTest, OneRefusalAmongManyHardlySlowsIt) {
  for (int i = 0; i < 2'000; ++i) {
    now_ += milliseconds(1);
    pace_.sent(now_);
    i % 20 == 19 ? pace_.refused(now_, now_, Duration(0)) : pace_.accepted(now_);
  }
  ASSERT_TRUE(pace_.is_limited());
  EXPECT_GE(pace_.rate(), 500);
}

TEST_F(PaceTest, AFewRefusalsInAHundredByChanceDoNotSlowItMoreAndMore) {
  std::mt19937 random(1);  // NOLINT: each time the same
  std::uniform_real_distribution<double> percent(0, 100);
  ask_for(seconds(5), 10);
  const SteadyTime begin = now_;
  for (int i = 0; i < 20'000; ++i) {
    now_ = std::max(now_ + milliseconds(2), pace_.next());
    pace_.sent(now_);
    percent(random) < 6 ? pace_.refused(now_, now_, Duration(0)) : pace_.accepted(now_);
  }
  EXPECT_LE(now_ - begin, seconds(300)) << "of which 40 s would be without a limit";
}

TEST_F(PaceTest, OneRefusalOfAQuietClientHoldsItUpForSecondsAndNotForHalfAMinute) {
  pace_.accepted(now_);
  now_ += seconds(2);
  pace_.refused(now_, now_, Duration(0));
  tokens_ = 1'000;
  filled_ = now_;
  EXPECT_GE(ask_for(seconds(8), 1'000).sent, 100);
}

TEST_F(PaceTest, WhatWasSentBeforeItSlowedDownDoesNotSlowItTwice) {
  for (int i = 0; i < 100; ++i) pace_.accepted(now_ += milliseconds(10));
  const SteadyTime sent = now_;
  pace_.refused(now_ += milliseconds(10), sent, Duration(0));
  const double rate = pace_.rate();
  for (int i = 0; i < 50; ++i) pace_.refused(now_ += milliseconds(1), sent, Duration(0));
  EXPECT_EQ(pace_.rate(), rate);
}

TEST_F(PaceTest, TheOriginIsLeftAloneForAsLongAsItAsks) {
  pace_.accepted(now_);
  pace_.refused(now_, now_, seconds(20));
  EXPECT_EQ(pace_.closed_until(), now_ + seconds(20));
  EXPECT_GE(pace_.next(), now_ + seconds(20));
  pace_.refused(now_, now_, seconds(5));
  EXPECT_EQ(pace_.closed_until(), now_ + seconds(20));
}

TEST_F(PaceTest, BeingBusyIsARefusalOnlyWhereMoreThanAThirdOfTheLastAnswersAre) {
  for (int i = 0; i < 300; ++i) {
    now_ += milliseconds(10);
    i % 4 == 3 ? pace_.overloaded(now_, now_) : pace_.accepted(now_);
  }
  EXPECT_FALSE(pace_.is_limited()) << "a quarter";
  for (int i = 0; i < 20; ++i) {
    now_ += milliseconds(10);
    i % 2 == 0 ? pace_.overloaded(now_, now_) : pace_.accepted(now_);
  }
  EXPECT_TRUE(pace_.is_limited());
}

TEST_F(PaceTest, IsForgottenAfterAWhileWithoutARefusal) {
  ask_for(seconds(10), 10);
  ASSERT_TRUE(pace_.is_limited());
  now_ += seconds(31);
  pace_.accepted(now_);
  EXPECT_FALSE(pace_.is_limited());
}

}  // namespace
}  // namespace mediafs
