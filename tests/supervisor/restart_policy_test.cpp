#include "supervisor/restart_policy.h"

#include <csignal>
#include <vector>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

constexpr ServerEnd kNeverServed{.exit_code = 5};
constexpr ServerEnd kCrashedSoon{.served = true, .served_for = Duration(50), .signal = SIGSEGV};
constexpr ServerEnd kCrashedLater{.served = true, .served_for = Duration(60'000), .signal = SIGSEGV};
constexpr ServerEnd kKilledSoon{.served = true, .served_for = Duration(50), .signal = SIGKILL};
constexpr ServerEnd kKilledAfterAMoment{.served = true, .served_for = Duration(1'000), .signal = SIGKILL};
constexpr ServerEnd kKilledAtItsStart{.signal = SIGKILL};

class RestartPolicyTest : public ::testing::Test {
 protected:
  /// The next server follows when it may, and ends at once.
  RestartPolicy::Decision after(const ServerEnd& end) {
    const auto next = policy_.after(end, now_);
    now_ += next.delay;
    return next;
  }

  RestartPolicy policy_;
  const SteadyTime began_{};
  SteadyTime now_ = began_;
};

TEST_F(RestartPolicyTest, ThatServersAreKilledIsNoReasonToWaitNorToGiveUp) {
  for (int i = 0; i < 1'000; ++i) {
    const auto next = after(kKilledAfterAMoment);
    ASSERT_FALSE(next.give_up);
    ASSERT_EQ(next.delay, Duration(0));
    ASSERT_TRUE(next.repeat_requests);
  }
}

TEST_F(RestartPolicyTest, WhereEachIsKilledAtOnceTheNextWaitsASecondAfterAWhile) {
  for (std::size_t i = 0; i < RestartPolicy::kMostQuickKills; ++i)
    ASSERT_EQ(after(kKilledSoon).delay, Duration(0));
  for (int i = 0; i < 1'000; ++i) {
    const auto next = after(kKilledSoon);
    ASSERT_FALSE(next.give_up);
    ASSERT_EQ(next.delay, Duration(1'000));
  }
  EXPECT_EQ(after(kKilledAfterAMoment).delay, Duration(0));
  EXPECT_EQ(after(kKilledSoon).delay, Duration(0)) << "the count begins anew";
}

TEST_F(RestartPolicyTest, ThatSomeAreKilledBeforeTheyServeIsNoReasonToFailRequests) {
  for (int i = 0; i < 1'000; ++i) {
    const auto next = after(i % 50 == 0 ? kKilledSoon : kKilledAtItsStart);
    ASSERT_FALSE(next.give_up);
    ASSERT_TRUE(next.repeat_requests);
  }
}

class ALoop : public RestartPolicyTest, public ::testing::WithParamInterface<ServerEnd> {};

TEST_P(ALoop, IsGivenUpWithinAMinute) {
  int times = 1;
  while (!after(GetParam()).give_up) ASSERT_LT(++times, 1'000);
  EXPECT_GE(times, static_cast<int>(RestartPolicy::kMostFailures));
  EXPECT_GE(now_ - began_, RestartPolicy::kLeastTime);
  EXPECT_LT(now_ - began_, Duration(40'000)) << "which leaves the servers some time to fail in";
}

INSTANTIATE_TEST_SUITE_P(Of, ALoop, ::testing::Values(kNeverServed, kCrashedSoon, kKilledAtItsStart));

TEST_F(RestartPolicyTest, ItIsWaitedLongerAndLonger) {
  std::vector<Duration> delays;
  for (int i = 0; i < 6; ++i) delays.push_back(after(kCrashedSoon).delay);
  EXPECT_EQ(delays, (std::vector{Duration(0), Duration(100), Duration(1'000), Duration(5'000),
                                 Duration(5'000), Duration(5'000)}));
}

TEST_F(RestartPolicyTest, OneThatServedForAWhileBeginsTheCountAnew) {
  for (std::size_t i = 0; i + 1 < RestartPolicy::kMostFailures; ++i)
    ASSERT_FALSE(after(kCrashedSoon).give_up);
  EXPECT_EQ(after(kCrashedLater).delay, Duration(0));
  EXPECT_EQ(after(kCrashedSoon).delay, Duration(0));
  EXPECT_EQ(after(kCrashedSoon).delay, Duration(100));
}

TEST_F(RestartPolicyTest, ARequestThatNoServerSurvivesIsNotRepeatedForEver) {
  EXPECT_TRUE(after(kCrashedSoon).repeat_requests);
  EXPECT_TRUE(after(kCrashedSoon).repeat_requests);
  EXPECT_FALSE(after(kCrashedSoon).repeat_requests);
}

TEST_F(RestartPolicyTest, AnEndIsTold) {
  EXPECT_EQ(text_of(kNeverServed), "ended with exit code 5");
  EXPECT_EQ(text_of(kCrashedSoon), "was ended by signal 11 (Segmentation fault)");
}

}  // namespace
}  // namespace mediafs
