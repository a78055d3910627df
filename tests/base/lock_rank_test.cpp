#include <thread>

#include <gtest/gtest.h>

#include "mediafs/base/mutex.h"

namespace mediafs {
namespace {

TEST(LockRank, EveryOneHasAName) {
  for (unsigned rank = 0; rank <= static_cast<unsigned>(kLastRank); ++rank)
    EXPECT_NE(to_string(static_cast<LockRank>(rank)), "unknown") << rank;
  EXPECT_EQ(to_string(static_cast<LockRank>(static_cast<unsigned>(kLastRank) + 1)), "unknown");
}

TEST(HeldRanks, RanksAreTakenInTheirOrder) {
  HeldRanks held;
  held.take(LockRank::media_store);
  held.take(LockRank::download);
  held.take(LockRank::timer);
  held.give_back(LockRank::timer);
  held.take(LockRank::catalog);
}

TEST(HeldRanks, AnEarlierOneUnderALaterOneIsTheEnd) {
  HeldRanks held;
  held.take(LockRank::download);
  EXPECT_DEATH(held.take(LockRank::media_store), "media_store is taken under download");
}

TEST(HeldRanks, TwoOfOneRankAreTheEnd) {
  HeldRanks held;
  held.take(LockRank::download);
  EXPECT_DEATH(held.take(LockRank::download), "download is taken under download");
}

TEST(HeldRanks, AnythingUnderALeafIsTheEnd) {
  HeldRanks held;
  held.take(kFirstLeaf);
  EXPECT_EQ(held.in_the_way_of(kLastRank), kFirstLeaf) << "which comes later";
  EXPECT_DEATH(held.take(LockRank::timer), "timer is taken under catalog, a leaf");
}

TEST(HeldRanks, AnyOrderOfGivingThemBackIsFine) {
  HeldRanks held;
  held.take(LockRank::media_store);
  held.take(LockRank::download);
  held.take(LockRank::timer);
  held.give_back(LockRank::media_store);
  EXPECT_EQ(held.in_the_way_of(LockRank::media_store), LockRank::timer);
  held.give_back(LockRank::timer);
  EXPECT_EQ(held.in_the_way_of(LockRank::media_store), LockRank::download) << "it is held still";
  held.give_back(LockRank::download);
  held.take(LockRank::media_store);
}

#if defined(MEDIAFS_CHECK_LOCK_RANKS)

void take(Mutex& mutex) {
  const MutexLock lock(mutex);
}

/// Waits once, until another thread has had the lock meanwhile.
void wait_under(Mutex& mutex) REQUIRES(mutex) {
  CondVar changed;
  bool there = false;
  const std::jthread other([&] {
    const MutexLock taken(mutex);
    there = true;
    changed.notify_all();
  });
  while (!there) changed.wait(mutex);
}

TEST(Mutex, IsHeldToItsRank) {
  Mutex store(LockRank::media_store);
  Mutex download(LockRank::download);
  {
    const MutexLock first(store);
    const MutexLock second(download);
  }
  const MutexLock first(download);
  EXPECT_DEATH(take(store), "media_store is taken under download");
}

TEST(Mutex, TwoOfOneRankAreNotHeldAtOnce) {
  Mutex one(LockRank::download);
  Mutex other(LockRank::download);
  const MutexLock lock(one);
  EXPECT_DEATH(take(other), "download is taken under download");
}

TEST(Mutex, EachThreadHasRanksOfItsOwn) {
  Mutex leaf(LockRank::timer);
  Mutex store(LockRank::media_store);
  const MutexLock lock(leaf);
  std::jthread([&] { take(store); }).join();
}

TEST(CondVar, WhoWaitsHoldsNothingAndHoldsItAgainAfterwards) {
  Mutex leaf(LockRank::timer);
  Mutex store(LockRank::media_store);
  const MutexLock lock(leaf);
  wait_under(leaf);
  EXPECT_DEATH(take(store), "media_store is taken under timer");
}

TEST(CondVar, WhatIsHeldInAWaitComesBeforeIt) {
  Mutex gate(LockRank::gate);
  Mutex download(LockRank::download);
  CondVar changed;
  download.lock();
  gate.lock();
  auto moment = std::chrono::steady_clock::duration(1);
  changed.wait_within(gate, moment);
  gate.unlock();
  download.unlock();
}

#else

TEST(Mutex, OfTheProductIsNoLargerThanWhatItIsMadeOf) {
  EXPECT_EQ(sizeof(Mutex), sizeof(std::mutex));
}

#endif

}  // namespace
}  // namespace mediafs
