#include "store/lookup/hedged_read.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

class HandedOverReadTest : public testing::Test {
 protected:
  static constexpr Errc kBytes = Errc::internal;  // stands for success in the list of answers

  Slices bytes() { return Slices(1); }

  std::vector<Errc> answers_;
  HedgedRead read_{
      [this](const Result<Slices>& bytes) { answers_.push_back(bytes ? kBytes : bytes.error().code); }};
};

TEST_F(HandedOverReadTest, TheFirstWhoHasItsBytesAnswers) {
  read_.from_origin(bytes());
  read_.from_disk(bytes());
  EXPECT_EQ(answers_, std::vector{kBytes});
}

TEST_F(HandedOverReadTest, AnOriginThatIsAwayLeavesItToTheDisk) {
  read_.from_origin(Error{Errc::unavailable, ""});
  EXPECT_TRUE(answers_.empty());
  read_.from_disk(bytes());
  EXPECT_EQ(answers_, std::vector{kBytes});
}

TEST_F(HandedOverReadTest, WhereNeitherHasItTheOriginsFailureIsTheAnswer) {
  read_.from_origin(Error{Errc::unavailable, ""});
  read_.from_disk(std::nullopt);
  EXPECT_EQ(answers_, std::vector{Errc::unavailable});
}

TEST_F(HandedOverReadTest, WithoutTheDiskTheOriginIsWaitedFor) {
  read_.from_disk(std::nullopt);
  EXPECT_TRUE(answers_.empty());
  read_.from_origin(Error{Errc::timed_out, ""});
  EXPECT_EQ(answers_, std::vector{Errc::timed_out});
}

TEST_F(HandedOverReadTest, TheDiskIsNotWaitedForForEver) {
  read_.from_origin(Error{Errc::unavailable, ""});
  read_.give_up_the_disk();
  read_.from_disk(bytes());
  EXPECT_EQ(answers_, std::vector{Errc::unavailable});
}

TEST_F(HandedOverReadTest, WhatTheOriginSaysOfTheMediaIsNotWaitedWith) {
  for (const Errc code : {Errc::changed, Errc::cancelled, Errc::not_found, Errc::denied}) {
    answers_.clear();
    HedgedRead read([this](const Result<Slices>& bytes) { answers_.push_back(bytes.error().code); });
    read.from_origin(Error{code, ""});
    EXPECT_EQ(answers_, std::vector{code});
  }
}

}  // namespace
}  // namespace mediafs
