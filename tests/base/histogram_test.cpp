#include "mediafs/base/histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

std::uint64_t all_of(const DurationHistogram::Snapshot& snapshot) {
  return std::accumulate(snapshot.counts.begin(), snapshot.counts.end(), std::uint64_t{0});
}

TEST(DurationHistogram, IsEmptyAtFirst) {
  const DurationHistogram histogram;
  EXPECT_EQ(all_of(histogram.snapshot()), 0U);
  EXPECT_EQ(histogram.snapshot().sum, 0.0);
}

TEST(DurationHistogram, BoundsGrow) {
  EXPECT_TRUE(std::is_sorted(DurationHistogram::kBounds.begin(), DurationHistogram::kBounds.end()));
}

TEST(DurationHistogram, EachBoundIsTheLastOfItsRange) {
  for (std::size_t i = 0; i < DurationHistogram::kBounds.size(); ++i) {
    const auto bound = nanoseconds(std::llround(DurationHistogram::kBounds.at(i) * 1e9));
    DurationHistogram histogram;
    histogram.observe(bound);
    histogram.observe(bound + nanoseconds(1));
    const auto counts = histogram.snapshot().counts;
    EXPECT_EQ(counts.at(i), 1U) << DurationHistogram::kBounds.at(i);
    EXPECT_EQ(counts.at(i + 1), 1U) << DurationHistogram::kBounds.at(i);
  }
}

TEST(DurationHistogram, WhatIsAboveAllBoundsIsCountedLast) {
  DurationHistogram histogram;
  histogram.observe(seconds(31));
  histogram.observe(std::chrono::hours(24));
  EXPECT_EQ(histogram.snapshot().counts.back(), 2U);
}

TEST(DurationHistogram, TheSumIsInSeconds) {
  DurationHistogram histogram;
  for (const nanoseconds duration :
       {nanoseconds(seconds(2)), nanoseconds(milliseconds(30)), nanoseconds(500)})
    histogram.observe(duration);
  EXPECT_DOUBLE_EQ(histogram.snapshot().sum, 2.0300005);
}

TEST(DurationHistogram, ANegativeDurationIsNone) {
  DurationHistogram histogram;
  histogram.observe(nanoseconds(-5));
  EXPECT_EQ(histogram.snapshot().counts.front(), 1U);
  EXPECT_EQ(histogram.snapshot().sum, 0.0);
}

TEST(DurationHistogram, ManyThreadsLoseNothing) {
  DurationHistogram histogram;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&histogram] {
        for (int i = 0; i < 50'000; ++i) histogram.observe(microseconds(100));
      });
    }
  }
  EXPECT_EQ(histogram.snapshot().counts.at(1), 200'000U);
  EXPECT_DOUBLE_EQ(histogram.snapshot().sum, 20.0);
}

}  // namespace
}  // namespace mediafs
