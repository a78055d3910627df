#include "store/lookup/cache_read_gate.h"

#include <atomic>
#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "support/manual_timer.h"

namespace mediafs {
namespace {

class TimedLookupsTest : public testing::Test {
 protected:
  /// A look-up that hangs until it is let go, on a thread of its own.
  struct Hanging {
    Hanging(CacheReadGate& lookups, const CacheReadGate::HandOver& hand_over)
        : thread([&lookups, &hand_over, this] {
            const CacheReadGate::Lookup lookup(lookups, hand_over);
            entered.set_value(lookup.may_look());
            released.get_future().wait();
          }) {}
    void let_go() {
      released.set_value();
      thread.join();
    }

    std::promise<bool> entered;
    std::promise<void> released;
    std::jthread thread;
  };

  [[nodiscard]] bool may_look() { return CacheReadGate::Lookup(lookups_, hand_over_).may_look(); }

  std::atomic<int> answered_ = 0;
  const CacheReadGate::HandOver hand_over_ = [this] { return [this] { ++answered_; }; };
  static constexpr Duration kLimit{200};
  ManualTimer timer_;
  CacheReadGate lookups_{{.places = 2, .limit = kLimit}, timer_};
};

TEST_F(TimedLookupsTest, OneThatIsInTimeAnswersItself) {
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(may_look());
  EXPECT_EQ(answered_, 0);
}

TEST_F(TimedLookupsTest, OneThatHangsIsHandedOverOnce) {
  Hanging hanging(lookups_, hand_over_);
  ASSERT_TRUE(hanging.entered.get_future().get());
  timer_.advance(kLimit - Duration(1));
  EXPECT_EQ(answered_, 0);
  timer_.advance(Duration(1));
  EXPECT_EQ(answered_, 1);
  hanging.let_go();
  EXPECT_EQ(answered_, 1);
}

TEST_F(TimedLookupsTest, WhileOneHangsNoOtherBeginsAndAfterwardsTheyDo) {
  Hanging hanging(lookups_, hand_over_);
  ASSERT_TRUE(hanging.entered.get_future().get());
  timer_.advance(kLimit);
  for (int i = 0; i < 1000; ++i) ASSERT_FALSE(may_look());
  hanging.let_go();
  EXPECT_TRUE(may_look());
}

TEST_F(TimedLookupsTest, NoMoreHangThanThereArePlaces) {
  Hanging one(lookups_, hand_over_);
  Hanging another(lookups_, hand_over_);
  ASSERT_TRUE(one.entered.get_future().get());
  ASSERT_TRUE(another.entered.get_future().get());
  auto third = std::async(std::launch::async, [this] { return may_look(); });
  timer_.advance(kLimit);
  EXPECT_FALSE(third.get()) << "whether it has waited for a place or been told that the disk hangs";
  EXPECT_EQ(answered_, 2);
  one.let_go();
  EXPECT_FALSE(may_look()) << "the other hangs on";
  another.let_go();
  EXPECT_TRUE(may_look());
}

TEST_F(TimedLookupsTest, ATimerThatDoesNotRunHoldsUpNobodyWhoWaitsForAPlace) {
  CacheReadGate one_at_a_time({.places = 1, .limit = Duration(10)}, timer_);
  Hanging hanging(one_at_a_time, hand_over_);
  ASSERT_TRUE(hanging.entered.get_future().get());
  EXPECT_FALSE(CacheReadGate::Lookup(one_at_a_time, hand_over_).may_look());
  hanging.let_go();
}

TEST_F(TimedLookupsTest, WhoWaitsForAPlaceGetsItWhenItIsLeft) {
  CacheReadGate patient({.places = 1, .limit = std::chrono::seconds(60)}, timer_);
  Hanging first(patient, hand_over_);
  ASSERT_TRUE(first.entered.get_future().get());
  Hanging second(patient, hand_over_);
  first.let_go();
  EXPECT_TRUE(second.entered.get_future().get());
  second.let_go();
  EXPECT_EQ(answered_, 0);
}

}  // namespace
}  // namespace mediafs
