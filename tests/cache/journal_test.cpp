#include "mediafs/cache/journal.h"

#include <algorithm>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mediafs/base/log.h"
#include "mediafs/base/shared_memory.h"

namespace mediafs {
namespace {

MediaId id(std::uint64_t number) {
  return *MediaId::parse("journal-" + std::to_string(1'000'000'000 + number));
}

MediaItem item(std::uint64_t number) {
  return {.id = id(number),
          .revision = Revision{number},
          .size = number,
          .content_type = "image/jpeg",
          .etag = "\"e\""};
}

class JournalTest : public ::testing::Test {
 protected:
  /// What the next server finds.
  [[nodiscard]] std::vector<Journal::Entry> left() const { return Journal(memory_.bytes()).left(); }

  const SharedMemory memory_ = *SharedMemory::map(*SharedMemory::create(Journal::kBytes));
  Journal journal_{memory_.bytes()};
};

TEST_F(JournalTest, WhatIsAddedIsThereForTheNextServer) {
  const ListingKey key{ListingKind::session_media, id(7)};
  const Listing listing{.key = key, .listed = 5, .media = {{.id = id(8), .context = "face", .size = 9}}};
  journal_.add(item(1));
  journal_.add(id(2));
  journal_.add(listing);
  journal_.add(key);
  EXPECT_EQ(left(), (std::vector<Journal::Entry>{item(1), id(2), listing, key}));
}

TEST_F(JournalTest, WithoutACacheEverythingStays) {
  for (std::uint64_t i = 0; i < 100'000; ++i) journal_.add(item(i));
  const auto all = left();
  ASSERT_EQ(all.size(), 100'000U);
  EXPECT_EQ(std::get<MediaItem>(all.front()), item(0));
  EXPECT_EQ(std::get<MediaItem>(all.back()), item(99'999));
}

TEST_F(JournalTest, WithoutACacheTheSameAgainAndAgainTakesNoMoreRoomThanThereIs) {
  const MediaItem large{.id = id(1), .content_type = std::string(4'000, 'x')};
  std::vector<Journal::Entry> known{item(7)};
  journal_.follow([&] { return known; });
  known.emplace_back(large);
  for (int i = 0; i < 100'000; ++i) journal_.add(large);  // six times what there is room for
  const auto all = left();
  EXPECT_EQ(std::get<MediaItem>(all.front()), item(7));
  EXPECT_EQ(std::get<MediaItem>(all.back()), large);
  journal_.add(item(8));
  EXPECT_EQ(std::get<MediaItem>(left().back()), item(8));
}

TEST_F(JournalTest, OfWhatIsCommittedLittleStays) {
  std::uint64_t queued = 0;
  journal_.follow([&] { return Journal::Progress{queued, queued}; });
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    ++queued;
    journal_.add(item(i));
  }
  const auto all = left();
  EXPECT_LT(all.size(), 20'000U);
  EXPECT_EQ(std::get<MediaItem>(all.back()), item(99'999));
}

/// Its lock is a leaf: who is asked may take any other, and even come back.
TEST_F(JournalTest, WhoIsAskedIsAskedWithoutTheLock) {
  std::uint64_t asked = 0;
  journal_.follow([&] {
    static_cast<void>(journal_.left());
    return Journal::Progress{++asked, 0};
  });
  journal_.add(item(1));
  EXPECT_GT(asked, 1U);
  journal_.unfollow();
  bool written_anew = false;
  journal_.follow([&]() -> std::vector<Journal::Entry> {
    static_cast<void>(journal_.left());
    written_anew = true;
    return {item(2)};
  });
  EXPECT_TRUE(written_anew);
  EXPECT_EQ(left(), (std::vector<Journal::Entry>{item(2)}));
}

TEST_F(JournalTest, WhatIsAddedWhileItIsWrittenAnewIsNotLost) {
  journal_.add(item(1));
  journal_.follow([&]() -> std::vector<Journal::Entry> {
    std::vector<Journal::Entry> known{item(1)};
    journal_.add(item(2));  // by somebody else, too late to be among those
    return known;
  });
  EXPECT_EQ(left(), (std::vector<Journal::Entry>{item(1), item(2)}));
}

/// Two add at one time, `before` others having been added: the one that is asked first and comes last knows
/// less of what has been queued. Whether the other one's entry is there when all but that is committed.
bool keeps_the_others(int before) {
  const SharedMemory memory = *SharedMemory::map(*SharedMemory::create(Journal::kBytes));
  Journal journal(memory.bytes());
  Journal::Progress cache;
  bool other_comes_between = false;
  journal.follow([&] {
    const Journal::Progress now = cache;
    if (std::exchange(other_comes_between, false)) {
      ++cache.queued;
      journal.add(item(1));
    }
    return now;
  });
  const MediaItem large{.id = id(9), .content_type = std::string(4'000, 'x')};
  for (int i = 0; i < before; ++i) journal.add(large);
  other_comes_between = true;
  cache.queued = 10;
  journal.add(large);
  for (int i = 0; i < 300; ++i) journal.add(large);
  cache.committed = 10;
  for (int i = 0; i < 300; ++i) journal.add(large);
  const auto entries = journal.left();
  return std::find(entries.begin(), entries.end(), Journal::Entry(item(1))) != entries.end();
}

TEST_F(JournalTest, AnEntryOfSomebodyElsesIsNotGivenUpBeforeItIsCommitted) {
  for (int before = 240; before < 260; ++before)  // somewhere there the halves change places
    EXPECT_TRUE(keeps_the_others(before)) << before;
}

TEST_F(JournalTest, NothingThatIsNotCommittedIsGivenUp) {
  std::uint64_t queued = 0;
  constexpr std::uint64_t kBehind = 30'000;  // a disk that is slow
  journal_.follow([&] { return Journal::Progress{queued, queued < kBehind ? 0 : queued - kBehind}; });
  for (std::uint64_t i = 1; i <= 100'000; ++i) {
    ++queued;
    journal_.add(item(i));
    if (i % 10'000 != 0) continue;
    const auto all = left();
    ASSERT_GE(all.size(), std::min(i, kBehind));
    for (std::size_t back = 0; back < std::min(i, kBehind); ++back)
      ASSERT_EQ(std::get<MediaItem>(all[all.size() - 1 - back]).id, id(i - back));
  }
}

TEST_F(JournalTest, WhatAnEarlierServerHasLeftStaysUntilItIsCommitted) {
  for (std::uint64_t i = 0; i < 10; ++i) journal_.add(item(i));
  Journal next(memory_.bytes());
  std::uint64_t queued = 10;
  std::uint64_t committed = 0;
  next.follow([&] { return Journal::Progress{queued, committed}; });
  for (std::uint64_t i = 10; i < 50'000; ++i) {
    ++queued;
    next.add(item(i));
  }
  EXPECT_EQ(std::get<MediaItem>(left().front()), item(0));
}

TEST_F(JournalTest, WhereThereIsNoRoomItIsDroppedAndTheRestStays) {
  const MediaItem large{.id = id(1), .content_type = std::string(4'000, 'x')};
  for (int i = 0; i < 40'000; ++i) journal_.add(large);
  EXPECT_GT(left().size(), 15'000U);
  EXPECT_LT(left().size(), 40'000U);
}

/// All that is known has become more than there is room for; what is added after that has room.
TEST_F(JournalTest, WhatHasNoRoomWhenItIsWrittenAnewIsSaidToBeLost) {
  testing::internal::CaptureStderr();
  log::set_up({});
  journal_.add(item(1));
  journal_.follow([] {
    return std::vector<Journal::Entry>(20'000,
                                       MediaItem{.id = id(2), .content_type = std::string(4'000, 'x')});
  });
  log::settle();
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("will forget some of it"));
}

}  // namespace
}  // namespace mediafs
