#include "api/gate.h"

#include <gtest/gtest.h>

#include "support/manual_timer.h"

namespace mediafs {
namespace {

using std::chrono::seconds;
using Outcome = Gate::Outcome;

class GateTest : public testing::Test {
 protected:
  /// Notes under `name` when it may go, or why not.
  Gate::Ticket ask(const std::string& name, Priority priority = Priority::reader,
                   Duration deadline = seconds(30), bool is_next_secret = false) {
    const Gate::Ticket ticket = gate_->new_ticket();
    gate_->pass(ticket, {.id = *MediaId::parse("some-media-id-008"),
                         .priority = priority,
                         .deadline = timer_.now() + deadline,
                         .is_next_secret = is_next_secret,
                         .go = [this, name](const Result<Priority>& admission) {
                           admission ? passed_.push_back(name) : refused_.push_back(name);
                           if (!admission) why_ = admission.error().code;
                         }});
    return ticket;
  }
  void ask_with_next_secret(const std::string& name) {
    ask(name, Priority::reader, seconds(30), /*is_next_secret=*/true);
  }
  void answer(Outcome outcome, int id = 1, Priority priority = Priority::reader,
              std::optional<Duration> retry_after = std::nullopt) {
    const MediaId media = *MediaId::parse("some-media-id-00" + std::to_string(id));
    gate_->answered({.outcome = outcome,
                     .id = media,
                     .priority = priority,
                     .sent = timer_.now(),
                     .retry_after = retry_after});
  }

  using Names = std::vector<std::string>;

  ManualTimer timer_;
  std::shared_ptr<Gate> gate_ = std::make_shared<Gate>(timer_);
  Names passed_;
  Names refused_;
  Errc why_{};
};

TEST_F(GateTest, StandsOpenWhileTheOriginAnswers) {
  for (const char* name : {"a", "b", "c"}) ask(name);
  EXPECT_EQ(passed_, (Names{"a", "b", "c"}));
  EXPECT_FALSE(gate_->why_it_waits().has_value());
}

TEST_F(GateTest, ReadersGoFirstThenListingsEachInTheirOrder) {
  ask("first");
  answer(Outcome::refused);
  passed_.clear();
  ask("listing 1", Priority::listing);
  ask("reader 1");
  ask("listing 2", Priority::listing);
  ask("reader 2");
  EXPECT_TRUE(passed_.empty());
  for (int i = 0; i < 5; ++i) timer_.advance(seconds(1));
  EXPECT_EQ(passed_, (Names{"reader 1", "reader 2", "listing 1", "listing 2"}));
}

TEST_F(GateTest, NothingIsFetchedAheadWhileTheOriginRefuses) {
  answer(Outcome::refused);
  ask("ahead", Priority::ahead);
  EXPECT_EQ(refused_, (Names{"ahead"}));
  EXPECT_EQ(why_, Errc::throttled);
}

TEST_F(GateTest, WhatWaitsToBeFetchedAheadGoesWhenTheOriginBeginsToRefuse) {
  for (int i = 0; i < 10; ++i) ask("ahead", Priority::ahead);
  EXPECT_EQ(passed_.size(), 4U) << "it is not known yet what the origin takes";
  answer(Outcome::refused);
  EXPECT_EQ(refused_.size(), 6U);
}

TEST_F(GateTest, MoreIsFetchedAheadTheMoreTheOriginHasAnswered) {
  for (int i = 0; i < 200; ++i) ask("ahead", Priority::ahead);
  std::size_t answered = 0;
  while (answered < passed_.size()) {
    answer(Outcome::answered, 1, Priority::ahead);
    ++answered;
    if (answered < 50) {
      EXPECT_LE(passed_.size() - answered, 4 + answered / 2);
    }
  }
  EXPECT_EQ(passed_.size(), 200U);
}

TEST_F(GateTest, WhatIsFetchedAheadIsHastenedByWhoWaitsForIt) {
  Gate::Ticket last{};
  for (int i = 0; i < 4; ++i) ask("ahead", Priority::ahead);
  last = ask("wanted", Priority::ahead);
  EXPECT_EQ(passed_.size(), 4U);
  gate_->hasten(last);
  EXPECT_EQ(passed_.back(), "wanted");
}

TEST_F(GateTest, WhoLeavesIsCalledNoMore) {
  answer(Outcome::refused);
  const Gate::Ticket ticket = ask("gone");
  EXPECT_TRUE(gate_->leave(ticket));
  EXPECT_FALSE(gate_->leave(ticket));
  timer_.advance(seconds(10));
  EXPECT_TRUE(passed_.empty());
}

TEST_F(GateTest, WhoCannotBeServedInTimeIsToldAtOnce) {
  answer(Outcome::refused, 1, Priority::reader, seconds(40));
  ask("too short");
  EXPECT_EQ(refused_, (Names{"too short"}));
  EXPECT_EQ(why_, Errc::throttled);
  ask("long enough", Priority::reader, seconds(90));
  timer_.advance(seconds(39));
  EXPECT_TRUE(passed_.empty());
  timer_.advance(seconds(3));
  EXPECT_EQ(passed_, (Names{"long enough"}));
}

TEST_F(GateTest, WhoWaitsIsToldWhenTheOriginAsksForMoreTimeThanThereIs) {
  answer(Outcome::refused);
  ask("waits");
  answer(Outcome::refused, 1, Priority::reader, seconds(60));
  EXPECT_EQ(refused_, (Names{"waits"}));
}

/// Else each would ask with credentials that are known not to be taken.
TEST_F(GateTest, WhoWaitsIsToldWhenTheCredentialsAreNotTaken) {
  answer(Outcome::unreachable);
  ask("probe");
  for (int i = 0; i < 10; ++i) ask("waits");
  answer(Outcome::key_denied);
  EXPECT_EQ(passed_, (Names{"probe"}));
  EXPECT_EQ(refused_.size(), 10U);
  EXPECT_EQ(why_, Errc::denied);
}

TEST_F(GateTest, AProbeOfTheCredentialsIsSpentByNobodyWhoLeaves) {
  answer(Outcome::key_denied);
  timer_.advance(std::chrono::milliseconds(29'500));
  answer(Outcome::unreachable);
  ask_with_next_secret("first");
  timer_.advance(std::chrono::milliseconds(500));
  const Gate::Ticket gone = ask("waits for a connection");
  EXPECT_TRUE(gate_->leave(gone));
  timer_.advance(std::chrono::milliseconds(500));
  ask("probe");
  EXPECT_EQ(passed_, (Names{"first", "probe"}));
  EXPECT_TRUE(refused_.empty());
}

TEST_F(GateTest, TheNextSecretOfAProbeIsPartOfIt) {
  answer(Outcome::key_denied);
  timer_.advance(seconds(30));
  ask("probe");
  EXPECT_EQ(passed_, (Names{"probe"}));
  ask("another");
  EXPECT_EQ(refused_, (Names{"another"}));
  ask_with_next_secret("its next secret");
  EXPECT_EQ(passed_, (Names{"probe", "its next secret"}));
}

TEST_F(GateTest, AMinuteIsTheLongestThatAnOriginIsLeftAlone) {
  answer(Outcome::refused, 1, Priority::reader, std::chrono::hours(10));
  ask("patient", Priority::reader, seconds(90));
  timer_.advance(seconds(62));
  EXPECT_EQ(passed_, (Names{"patient"}));
}

TEST_F(GateTest, WithoutAConnectionOneProbeASecondGoes) {
  answer(Outcome::unreachable);
  EXPECT_EQ(gate_->why_it_waits()->code, Errc::unavailable);
  for (int i = 0; i < 10; ++i) ask("reader");
  EXPECT_EQ(passed_.size(), 1U) << "the first at once";
  for (std::size_t probes = 2; probes < 6; ++probes) {
    answer(Outcome::unreachable);
    timer_.advance(seconds(1));
    EXPECT_EQ(passed_.size(), probes);
  }
  answer(Outcome::answered);
  EXPECT_EQ(passed_.size(), 10U) << "the origin is back";
}

TEST_F(GateTest, DeniedCredentialsAreNotAskedWithAgain) {
  answer(Outcome::key_denied);
  ask("reader");
  EXPECT_EQ(refused_, (Names{"reader"}));
  EXPECT_EQ(why_, Errc::denied);
  gate_->credentials_replaced(1);
  ask("with new ones");
  EXPECT_EQ(passed_, (Names{"with new ones"}));
}

TEST_F(GateTest, AGatewaysAnswerIsNoWordOnTheCredentials) {
  answer(Outcome::id_denied, 1);
  answer(Outcome::id_denied, 2);
  answer(Outcome::not_the_api, 3);
  answer(Outcome::id_denied, 4);
  ask("probe");
  ask("reader");
  EXPECT_EQ(refused_, (Names{"reader"}));
  EXPECT_EQ(why_, Errc::denied);
}

TEST_F(GateTest, WhatIsSaidOfEarlierCredentialsIsNotHeldAgainstTheNewOnes) {
  gate_->credentials_replaced(1);
  answer(Outcome::key_denied);  // signed with number 0
  ask("reader");
  EXPECT_EQ(passed_, (Names{"reader"}));
}

TEST_F(GateTest, WhatNobodyWaitedForSaysNothing) {
  for (int i = 0; i < 100; ++i) answer(Outcome::unknown, i);
  ask("reader");
  EXPECT_EQ(passed_, (Names{"reader"}));
}

}  // namespace
}  // namespace mediafs
