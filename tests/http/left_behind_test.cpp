#include "http/left_behind.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

using std::chrono::seconds;

const SteadyTime kStart = SteadyTime{} + seconds(1000);

TEST(LeftBehind, HasRoomForAFewAtATimeAndForMoreAsTheyEnd) {
  LeftBehind left;
  for (int i = 0; i < 8; ++i) {
    EXPECT_TRUE(left.has_room(kStart)) << i;
    left.add(kStart);
  }
  EXPECT_FALSE(left.has_room(kStart));
  EXPECT_FALSE(left.has_room(kStart + seconds(3)));
  EXPECT_TRUE(left.has_room(kStart + seconds(4)));
  left.add(kStart + seconds(4));
  EXPECT_FALSE(left.has_room(kStart + seconds(4)));
  EXPECT_TRUE(left.has_room(kStart + seconds(60)));
}

TEST(LeftBehind, ManyAtOnceAreNotMinutesWithoutAName) {
  LeftBehind left;
  for (int i = 0; i < 200; ++i) left.add(kStart);
  EXPECT_FALSE(left.has_room(kStart + seconds(3)));
  EXPECT_TRUE(left.has_room(kStart + seconds(4)));
}

}  // namespace
}  // namespace mediafs
