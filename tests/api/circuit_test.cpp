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
  EXPECT_FALSE(circuit.answered());
  EXPECT_FALSE(circuit.failed(kNow + seconds(101), id_of(3)));
  EXPECT_FALSE(circuit.failed(kNow + seconds(102), id_of(1)));
  EXPECT_TRUE(circuit.failed(kNow + seconds(103), id_of(2)));
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
  EXPECT_TRUE(circuit.answered());
  EXPECT_FALSE(circuit.is_open());
  EXPECT_LE(circuit.next_probe(), kNow);
}

TEST(CredentialsCircuit, OpensWithTheFirstWordAgainstTheKey) {
  CredentialsCircuit circuit;
  EXPECT_TRUE(circuit.lets_through(kNow));
  EXPECT_TRUE(circuit.denied(kNow, id_of(1), /*of_the_key=*/true));
  EXPECT_FALSE(circuit.lets_through(kNow));
}

TEST(CredentialsCircuit, A403IsOfItsIdAloneUntilThreeHaveIt) {
  CredentialsCircuit circuit;
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(circuit.denied(kNow, id_of(1), false));
  EXPECT_FALSE(circuit.denied(kNow, id_of(2), false));
  EXPECT_TRUE(circuit.lets_through(kNow));
  circuit.accepted();
  EXPECT_FALSE(circuit.denied(kNow, id_of(3), false));
  EXPECT_FALSE(circuit.denied(kNow, id_of(4), false));
  EXPECT_TRUE(circuit.denied(kNow, id_of(5), false));
  EXPECT_FALSE(circuit.lets_through(kNow));
}

TEST(CredentialsCircuit, ProbesEvery30SecondsUntilOneIsAccepted) {
  CredentialsCircuit circuit;
  circuit.denied(kNow, id_of(1), true);
  EXPECT_FALSE(circuit.lets_through(kNow + seconds(29)));
  EXPECT_TRUE(circuit.lets_through(kNow + seconds(30)));
  EXPECT_FALSE(circuit.lets_through(kNow + seconds(59)));
  EXPECT_TRUE(circuit.accepted());
  EXPECT_TRUE(circuit.lets_through(kNow + seconds(59)));
}

TEST(CredentialsCircuit, LetsAllThroughWithNewCredentialsAndIsClosedByTheFirstAnswer) {
  CredentialsCircuit circuit;
  circuit.denied(kNow, id_of(1), true);
  circuit.replaced();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(circuit.lets_through(kNow));
  EXPECT_TRUE(circuit.accepted());
  EXPECT_FALSE(circuit.accepted()) << "which is told once";
  EXPECT_TRUE(circuit.lets_through(kNow));
}

TEST(CredentialsCircuit, OpensAnewWhereTheNewCredentialsAreDeniedToo) {
  CredentialsCircuit circuit;
  circuit.denied(kNow, id_of(1), true);
  circuit.replaced();
  EXPECT_TRUE(circuit.denied(kNow, id_of(1), true));
  EXPECT_FALSE(circuit.denied(kNow, id_of(2), true));
  EXPECT_FALSE(circuit.lets_through(kNow));
  EXPECT_TRUE(circuit.accepted());
}

TEST(CredentialsCircuit, ClosesNothingWhereItWasNotOpen) {
  CredentialsCircuit circuit;
  circuit.replaced();
  EXPECT_FALSE(circuit.accepted());
}

}  // namespace
}  // namespace mediafs
