// What the gate tells an operator of the API's state.
#include <vector>

#include <gtest/gtest.h>

#include "api/gate.h"
#include "support/manual_timer.h"

namespace mediafs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Outcome = Gate::Outcome;
using State = ApiStats::State;

class GateStateTest : public testing::Test {
 protected:
  GateStateTest() {
    gate_->on_state_change([this](State state) { told_.push_back(state); });
  }
  void answer(Outcome outcome, int id = 1) {
    const MediaId media = *MediaId::parse("some-media-id-00" + std::to_string(id));
    gate_->answered({.outcome = outcome,
                     .id = media,
                     .priority = Priority::reader,
                     .sent = timer_.now(),
                     .retry_after = std::nullopt,
                     .credentials = credentials_});
  }
  void fail(int times, int id = 1) {
    for (int i = 0; i < times; ++i) answer(Outcome::failed, id);
  }
  void replace_credentials() { gate_->credentials_replaced(++credentials_); }
  ApiStats stats() {
    ApiStats stats;
    gate_->add_to(stats);
    return stats;
  }
  State state() { return stats().state; }
  void ask() {
    gate_->pass(gate_->new_ticket(), {.id = *MediaId::parse("some-media-id-008"),
                                      .deadline = timer_.now() + seconds(30),
                                      .go = [](const Result<Priority>&) {}});
  }

  using States = std::vector<State>;

  ManualTimer timer_;
  const UnixSeconds began_ = timer_.clock().wall_seconds();
  std::shared_ptr<Gate> gate_ = std::make_shared<Gate>(timer_);
  States told_;
  std::uint64_t credentials_ = 0;
};

TEST_F(GateStateTest, IsUnknownSinceTheStartUntilSomethingAnswers) {
  timer_.advance(seconds(10));
  ask();
  answer(Outcome::unknown);
  answer(Outcome::failed);
  EXPECT_EQ(state(), State::unknown);
  EXPECT_EQ(stats().since, began_);
  EXPECT_TRUE(told_.empty());
}

TEST_F(GateStateTest, IsUpWithWhateverAnswersFirst) {
  for (const Outcome outcome :
       {Outcome::answered, Outcome::head_came, Outcome::not_the_api, Outcome::id_denied}) {
    gate_ = std::make_shared<Gate>(timer_);
    timer_.advance(seconds(10));
    answer(outcome);
    EXPECT_EQ(state(), State::up);
    EXPECT_EQ(stats().since, timer_.clock().wall_seconds());
  }
}

TEST_F(GateStateTest, IsDownWithTheFirstConnectionThatCannotBeHad) {
  answer(Outcome::answered);
  timer_.advance(seconds(10));
  answer(Outcome::unreachable);
  EXPECT_EQ(state(), State::down);
  timer_.advance(seconds(5));
  answer(Outcome::unreachable);
  EXPECT_EQ(stats().since, began_ + 10);
  answer(Outcome::answered);
  EXPECT_EQ(state(), State::up);
  EXPECT_EQ(stats().since, began_ + 15);
  EXPECT_EQ(told_, (States{State::up, State::down, State::up}));
}

TEST_F(GateStateTest, IsDownWhereThePeerCannotProveWhoItIsThoughNobodyWaits) {
  answer(Outcome::untrusted);
  EXPECT_EQ(state(), State::down);
  EXPECT_FALSE(gate_->why_it_waits().has_value());
  ask();
  EXPECT_EQ(stats().held_back, 0U);
  answer(Outcome::answered);
  EXPECT_EQ(state(), State::up);
}

TEST_F(GateStateTest, OneIdThatFailsAloneIsDownHalfASecondLaterByTheTimeAlone) {
  answer(Outcome::answered, 2);
  fail(1);
  timer_.advance(milliseconds(100));
  fail(2);
  timer_.advance(milliseconds(399));
  EXPECT_EQ(state(), State::up);
  timer_.advance(milliseconds(1));
  EXPECT_EQ(state(), State::down);
  EXPECT_EQ(told_, (States{State::up, State::down}));
  ask();
  ask();
  EXPECT_EQ(stats().held_back, 0U) << "the circuit is closed: it may be that one media";
}

TEST_F(GateStateTest, TwoFailuresMayBeChance) {
  fail(2);
  timer_.advance(seconds(60));
  EXPECT_EQ(state(), State::unknown);
  fail(1);
  EXPECT_EQ(state(), State::down);
}

TEST_F(GateStateTest, FailuresWithAnAnswerBetweenThemAreNoOutage) {
  fail(2, 1);
  answer(Outcome::answered, 2);
  fail(2, 3);
  timer_.advance(seconds(5));
  answer(Outcome::answered, 2);
  fail(2, 4);
  timer_.advance(seconds(5));
  EXPECT_EQ(told_, (States{State::up}));
}

TEST_F(GateStateTest, AnAnswerWithinTheHalfSecondIsTheEndOfIt) {
  fail(3, 1);
  timer_.advance(milliseconds(400));
  answer(Outcome::answered, 2);
  timer_.advance(milliseconds(50));
  fail(3, 3);
  timer_.advance(milliseconds(499));
  EXPECT_EQ(state(), State::up) << "half a second of the second failures is not over";
  timer_.advance(milliseconds(1));
  EXPECT_EQ(state(), State::down);
}

TEST_F(GateStateTest, AnIdThatFailsWhileOthersAreAnsweredIsNoOutage) {
  fail(1, 1);
  answer(Outcome::answered, 2);
  for (int i = 0; i < 10; ++i) {
    fail(1, 1);
    timer_.advance(seconds(1));
  }
  EXPECT_EQ(state(), State::up);
}

TEST_F(GateStateTest, BodiesThatNeverComeAreDownToo) {
  answer(Outcome::head_came);
  for (int i = 0; i < 3; ++i) gate_->body(*MediaId::parse("some-media-id-001"), /*well=*/false);
  timer_.advance(seconds(1));
  EXPECT_EQ(state(), State::down);
  gate_->body(*MediaId::parse("some-media-id-001"), /*well=*/true);
  EXPECT_EQ(state(), State::up);
}

TEST_F(GateStateTest, IsThrottledAsLongAsThePaceIsLimited) {
  answer(Outcome::answered);
  EXPECT_FALSE(stats().rate.has_value());
  answer(Outcome::refused);
  EXPECT_EQ(state(), State::throttled);
  EXPECT_GE(stats().rate.value_or(0), Pace::kSlowest);
  for (int i = 0; i < 3; ++i) ask();
  EXPECT_EQ(stats().held_back, 3U);
  timer_.advance(seconds(31));
  EXPECT_EQ(stats().held_back, 0U);
  EXPECT_EQ(state(), State::throttled) << "nothing has been answered since";
  answer(Outcome::answered);
  EXPECT_EQ(state(), State::up);
  EXPECT_FALSE(stats().rate.has_value());
}

TEST_F(GateStateTest, TheWorstIsSaid) {
  answer(Outcome::refused);
  answer(Outcome::unreachable);
  EXPECT_EQ(state(), State::down) << "which is worse than throttled";
  answer(Outcome::key_denied);
  EXPECT_EQ(state(), State::denied);
  answer(Outcome::unreachable);
  EXPECT_EQ(state(), State::denied) << "which is worse than down";
  timer_.advance(seconds(1));
  answer(Outcome::head_came);
  EXPECT_EQ(state(), State::down) << "until the body comes";
  answer(Outcome::answered);
  EXPECT_EQ(state(), State::throttled);
}

TEST_F(GateStateTest, IsUnknownFromNewCredentialsUntilTheirFirstAnswer) {
  answer(Outcome::answered);
  answer(Outcome::key_denied);
  timer_.advance(seconds(10));
  replace_credentials();
  EXPECT_EQ(state(), State::unknown);
  EXPECT_EQ(stats().since, began_ + 10);
  answer(Outcome::key_denied);
  EXPECT_EQ(state(), State::denied);
  replace_credentials();
  answer(Outcome::answered);
  EXPECT_EQ(told_,
            (States{State::up, State::denied, State::unknown, State::denied, State::unknown, State::up}));
}

TEST_F(GateStateTest, NewCredentialsAfterGoodOnesChangeNothing) {
  answer(Outcome::answered);
  replace_credentials();
  EXPECT_EQ(told_, (States{State::up}));
}

TEST_F(GateStateTest, WhoIsToldIsNeverToldTwiceAtATime) {
  States told;
  bool telling = false;
  gate_->on_state_change([&](State state) {
    EXPECT_FALSE(std::exchange(telling, true));
    told.push_back(state);
    if (state == State::down) answer(Outcome::answered);  // meanwhile
    telling = false;
  });
  answer(Outcome::unreachable);
  EXPECT_EQ(told, (States{State::down, State::up}));
  EXPECT_EQ(state(), State::up);
}

}  // namespace
}  // namespace mediafs
