#include "api/circuit.h"

#include <gtest/gtest.h>

namespace mediafs {
namespace {

using std::chrono::seconds;

MediaId id_of(int number) {
  return *MediaId::parse("some-media-id-00" + std::to_string(number));
}

const SteadyTime kNow = SteadyTime{} + seconds(1000);

TEST(OriginCircuit, OpensWhereNoConnectionCanBeHad) {
  OriginCircuit circuit;
  EXPECT_TRUE(circuit.unreachable());
  EXPECT_FALSE(circuit.unreachable()) << "it is open";
  EXPECT_TRUE(circuit.is_open());
}

TEST(OriginCircuit, OpensWhereThreeIdsFailWithNoAnswerBetweenAndOneBadIdOpensNothing) {
  OriginCircuit circuit;
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(circuit.failed(kNow + seconds(i), id_of(1)));
  EXPECT_FALSE(circuit.failed(kNow + seconds(100), id_of(2)));
  EXPECT_FALSE(circuit.answered(kNow, id_of(9)));
  EXPECT_FALSE(circuit.failed(kNow + seconds(101), id_of(3)));
  EXPECT_FALSE(circuit.failed(kNow + seconds(102), id_of(4)));
  EXPECT_TRUE(circuit.failed(kNow + seconds(103), id_of(5)));
}

TEST(OriginCircuit, IdsThatFailWhileOthersAreAnsweredOpenNothingForThem) {
  OriginCircuit circuit;
  for (int i = 1; i < 8; ++i) circuit.failed(kNow, id_of(i));
  circuit.answered(kNow, id_of(9));
  for (int round = 0; round < 10; ++round) {
    for (int i = 1; i < 8; ++i) EXPECT_FALSE(circuit.failed(kNow + seconds(round), id_of(i)));
  }
  for (int i = 1; i < 8; ++i) EXPECT_TRUE(circuit.is_known_to_fail(kNow, id_of(i)));
  circuit.answered(kNow, id_of(1));
  EXPECT_FALSE(circuit.is_known_to_fail(kNow, id_of(1))) << "it has been answered";
}

/// Those that an outage has left are not their own fault for good.
TEST(OriginCircuit, WhatFailedWhileOthersWereAnsweredCountsAgainAfterAWhile) {
  OriginCircuit circuit;
  for (int i = 1; i < 8; ++i) circuit.failed(kNow, id_of(i));
  circuit.answered(kNow, id_of(9));
  const SteadyTime later = kNow + OwnFaults::kHeldFor;
  for (int i = 1; i < 8; ++i) EXPECT_FALSE(circuit.failed(later, id_of(i)));
  EXPECT_TRUE(circuit.failed(later + seconds(1), id_of(1)));
}

TEST(OriginCircuit, FailuresOfAMomentMayBeChance) {
  OriginCircuit circuit;
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(circuit.failed(kNow, id_of(i % 10)));
  EXPECT_FALSE(circuit.failed(kNow + OriginCircuit::kFailsFor - Duration(1), id_of(1)));
  EXPECT_TRUE(circuit.failed(kNow + OriginCircuit::kFailsFor, id_of(1)));
}

TEST(OriginCircuit, ProbesAtOnceAndThenOnceASecondUntilOneIsAnswered) {
  OriginCircuit circuit;
  circuit.unreachable();
  EXPECT_LE(circuit.next_probe(), kNow);
  circuit.sent(kNow);
  EXPECT_EQ(circuit.next_probe(), kNow + seconds(1));
  circuit.unreachable();
  EXPECT_EQ(circuit.next_probe(), kNow + seconds(1));
  EXPECT_TRUE(circuit.answered(kNow, id_of(9)));
  EXPECT_FALSE(circuit.is_open());
  EXPECT_LE(circuit.next_probe(), kNow);
}

TEST(CredentialsCircuit, OpensWithTheFirstWordAgainstTheKey) {
  CredentialsCircuit circuit;
  EXPECT_TRUE(circuit.lets_through(kNow, id_of(8)));
  EXPECT_TRUE(circuit.denied(kNow, id_of(1), /*of_the_key=*/true));
  EXPECT_FALSE(circuit.lets_through(kNow, id_of(8)));
}

/// Else one bad id would close it again and again.
TEST(CredentialsCircuit, AWordAgainstTheKeyIsOfItsIdAloneForAWhileWhereOthersAreAcceptedAfterIt) {
  CredentialsCircuit circuit;
  EXPECT_TRUE(circuit.denied(kNow, id_of(1), true));
  EXPECT_TRUE(circuit.accepted(kNow + seconds(30), kNow + seconds(30), id_of(8)));
  EXPECT_FALSE(circuit.denied(kNow + seconds(31), id_of(1), true));
  EXPECT_TRUE(circuit.lets_through(kNow + seconds(31), id_of(8)));
  EXPECT_TRUE(circuit.denied(kNow + seconds(32), id_of(2), true)) << "of another";
}

/// What was under way when they were denied comes in all the same.
TEST(CredentialsCircuit, IsNotClosedByAnAnswerToWhatWasSentBeforeItOpened) {
  CredentialsCircuit circuit;
  EXPECT_TRUE(circuit.denied(kNow, id_of(1), true));
  EXPECT_FALSE(circuit.accepted(kNow + seconds(1), kNow - seconds(1), id_of(8)));
  EXPECT_FALSE(circuit.lets_through(kNow + seconds(1), id_of(8)));
  EXPECT_TRUE(circuit.accepted(kNow + seconds(31), kNow + seconds(30), id_of(8)));
}

TEST(CredentialsCircuit, A403IsOfItsIdAloneUntilThreeHaveIt) {
  CredentialsCircuit circuit;
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(circuit.denied(kNow, id_of(1), false));
  EXPECT_FALSE(circuit.denied(kNow, id_of(2), false));
  EXPECT_TRUE(circuit.lets_through(kNow, id_of(8)));
  circuit.accepted(kNow, kNow, id_of(9));
  EXPECT_FALSE(circuit.denied(kNow, id_of(1), false)) << "that is its own";
  EXPECT_FALSE(circuit.denied(kNow, id_of(3), false));
  EXPECT_FALSE(circuit.denied(kNow, id_of(4), false));
  EXPECT_TRUE(circuit.denied(kNow, id_of(5), false));
  EXPECT_FALSE(circuit.lets_through(kNow, id_of(3))) << "which tells nothing new";
  EXPECT_TRUE(circuit.lets_through(kNow + seconds(30), id_of(3))) << "but may be allowed again";
  EXPECT_TRUE(circuit.lets_through(kNow, id_of(8))) << "a probe at once: it may be these alone";
  circuit.sent(kNow, id_of(8));
  EXPECT_FALSE(circuit.lets_through(kNow, id_of(8)));
  circuit.accepted(kNow, kNow, id_of(8));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(circuit.denied(kNow, id_of(3 + i), false));
  EXPECT_TRUE(circuit.lets_through(kNow, id_of(3)));
}

TEST(CredentialsCircuit, ProbesEvery30SecondsUntilOneIsAccepted) {
  CredentialsCircuit circuit;
  circuit.denied(kNow, id_of(1), true);
  EXPECT_FALSE(circuit.lets_through(kNow + seconds(29), id_of(8)));
  EXPECT_TRUE(circuit.lets_through(kNow + seconds(30), id_of(8)));
  EXPECT_TRUE(circuit.lets_through(kNow + seconds(30), id_of(8))) << "for as long as it has not been sent";
  circuit.sent(kNow + seconds(30), id_of(8));
  EXPECT_FALSE(circuit.lets_through(kNow + seconds(59), id_of(8)));
  EXPECT_TRUE(circuit.accepted(kNow, kNow, id_of(9)));
  EXPECT_TRUE(circuit.lets_through(kNow + seconds(59), id_of(8)));
}

TEST(CredentialsCircuit, LetsAllThroughWithNewCredentialsAndIsClosedByTheFirstAnswer) {
  CredentialsCircuit circuit;
  circuit.denied(kNow, id_of(1), true);
  circuit.replaced();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(circuit.lets_through(kNow, id_of(8)));
  EXPECT_TRUE(circuit.accepted(kNow, kNow, id_of(9)));
  EXPECT_FALSE(circuit.accepted(kNow, kNow, id_of(9))) << "which is told once";
  EXPECT_TRUE(circuit.lets_through(kNow, id_of(8)));
}

TEST(CredentialsCircuit, OpensAnewWhereTheNewCredentialsAreDeniedToo) {
  CredentialsCircuit circuit;
  circuit.denied(kNow, id_of(1), true);
  circuit.replaced();
  EXPECT_TRUE(circuit.denied(kNow, id_of(1), true));
  EXPECT_FALSE(circuit.denied(kNow, id_of(2), true));
  EXPECT_FALSE(circuit.lets_through(kNow, id_of(8)));
  EXPECT_TRUE(circuit.accepted(kNow, kNow, id_of(9)));
}

TEST(CredentialsCircuit, ClosesNothingWhereItWasNotOpen) {
  CredentialsCircuit circuit;
  circuit.replaced();
  EXPECT_FALSE(circuit.accepted(kNow, kNow, id_of(9)));
}

}  // namespace
}  // namespace mediafs
