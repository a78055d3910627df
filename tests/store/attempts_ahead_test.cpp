// What is asked for because somebody has entered a session: its attempts, and what they hold.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mediafs/store/listing_store.h"
#include "support/manual_timer.h"
#include "support/scripted_source.h"

namespace mediafs {
namespace {

class AttemptsAhead : public testing::Test {
 protected:
  ~AttemptsAhead() override {
    listings_.stop();
    timer_.drop_jobs();
  }

  static MediaId attempt(std::size_t number) {
    return *MediaId::parse("some-attempt-" + std::to_string(1000 + number));
  }
  /// The session is entered, and its list of attempts comes.
  void enter(std::size_t attempts) {
    listings_.fetch_attempts_ahead(kSession);
    Listing listing{.key = kAttempts};
    for (std::size_t i = 0; i < attempts; ++i) listing.attempts.push_back({.id = attempt(i)});
    source_.listings.at(0)->answer(listing);
  }
  void answer(std::size_t asked) {
    source_.listings.at(asked)->answer(Listing{.key = source_.listings[asked]->key});
  }

  const MediaId kSession = *MediaId::parse("some-session-00001");
  const ListingKey kAttempts{ListingKind::session_attempts, kSession};
  ManualTimer timer_;
  ScriptedSource source_;
  Catalog catalog_{{}, nullptr, timer_.clock()};
  ListingStore listings_{{}, source_, catalog_, timer_};
};

TEST_F(AttemptsAhead, TheListOfAttemptsIsAskedForAndThenWhatEachHolds) {
  enter(2);
  ASSERT_EQ(source_.listings.size(), 3U);
  EXPECT_EQ(source_.listings[0]->key, kAttempts);
  for (const std::size_t one : {1U, 2U}) {
    EXPECT_EQ(source_.listings[one]->key, (ListingKey{ListingKind::attempt_media, attempt(one - 1)}));
    EXPECT_TRUE(source_.listings[one]->begun);
    answer(one);
    EXPECT_NE(catalog_.find_listing(source_.listings[one]->key), nullptr);
  }
  EXPECT_EQ(source_.listings.size(), 3U);
}

TEST_F(AttemptsAhead, AFewAreUnderWayAtATime) {
  enter(20);
  for (std::size_t answered = 0; answered < 16; ++answered) {
    ASSERT_EQ(source_.listings.size(), 1 + answered + 4);
    answer(1 + answered);
  }
  EXPECT_EQ(source_.listings.size(), 21U);
}

TEST_F(AttemptsAhead, GoesLastUntilSomebodyWaits) {
  enter(2);
  for (const auto& asked : source_.listings) EXPECT_EQ(asked->priority, Priority::ahead);
  listings_.find(source_.listings[1]->key, ListingStore::Older::shown, [](const Result<ListingRef>&) {});
  EXPECT_TRUE(source_.listings[1]->hastened);
  EXPECT_FALSE(source_.listings[2]->hastened);
  EXPECT_EQ(source_.listings.size(), 3U);
}

TEST_F(AttemptsAhead, AFailureThatMayPassIsNotBelievedOfWhatNobodyAskedFor) {
  enter(1);
  source_.listings.at(1)->answer(Error{Errc::throttled, "as the test says"});
  listings_.find(source_.listings[1]->key, ListingStore::Older::shown, [](const Result<ListingRef>&) {});
  ASSERT_EQ(source_.listings.size(), 3U);
  EXPECT_EQ(source_.listings[2]->priority, Priority::listing);
}

TEST_F(AttemptsAhead, WhoWaitsForWhatWasTurnedAwayBeforeItCouldBeHastenedHasItAskedForAnew) {
  enter(1);
  const ListingKey key = source_.listings.at(1)->key;
  std::vector<Result<ListingRef>> answers;
  const auto note = [&](const Result<ListingRef>& answer) { answers.push_back(answer); };
  listings_.find(key, ListingStore::Older::shown, note);
  source_.listings.at(1)->answer(Error{Errc::throttled, "as the test says"});
  EXPECT_TRUE(answers.empty());
  ASSERT_EQ(source_.listings.size(), 3U);
  EXPECT_EQ(source_.listings[2]->priority, Priority::listing);
  EXPECT_TRUE(source_.listings[2]->begun);
  source_.listings[2]->answer(Error{Errc::throttled, "as the test says"});
  ASSERT_EQ(answers.size(), 1U) << "once more, and no more often";
  EXPECT_EQ(answers[0].error().code, Errc::throttled);
}

TEST_F(AttemptsAhead, WhoTakesAKnownListingGetsItWhereOneAheadWasTurnedAway) {
  enter(1);
  const ListingKey key = source_.listings.at(1)->key;
  answer(1);
  timer_.advance(std::chrono::hours(24));
  listings_.fetch_attempts_ahead(kSession);
  source_.listings.at(2)->answer(Listing{.key = kAttempts, .attempts = {{.id = attempt(0)}}});
  ASSERT_EQ(source_.listings.size(), 4U);
  int shown = 0;
  int newest = 0;
  listings_.find(key, ListingStore::Older::shown,
                 [&](const Result<ListingRef>& answer) { shown += answer.ok(); });
  listings_.find(key, ListingStore::Older::refused,
                 [&](const Result<ListingRef>& answer) { newest += answer.ok(); });
  source_.listings[3]->answer(Error{Errc::throttled, "as the test says"});
  EXPECT_EQ(shown, 1);
  ASSERT_EQ(source_.listings.size(), 5U);
  EXPECT_EQ(newest, 0);
  answer(4);
  EXPECT_EQ(newest, 1);
}

TEST_F(AttemptsAhead, AFailureHoldsUpNoOther) {
  enter(8);
  for (std::size_t asked = 1; asked <= 8; ++asked)
    source_.listings.at(asked)->answer(Error{Errc::unavailable, "as the test says"});
  EXPECT_EQ(source_.listings.size(), 9U);
}

TEST_F(AttemptsAhead, MoreThanAHundredAreLeftForWhoUsesThem) {
  enter(500);
  for (std::size_t asked = 1; asked < source_.listings.size(); ++asked) answer(asked);
  EXPECT_EQ(source_.listings.size(), 101U);
}

TEST_F(AttemptsAhead, WhatIsKnownAndNewEnoughIsNotAskedForAgain) {
  enter(2);
  answer(1);
  answer(2);
  listings_.fetch_attempts_ahead(kSession);
  EXPECT_EQ(source_.listings.size(), 3U);
}

TEST_F(AttemptsAhead, AListThatSomebodyWaitsForLeadsOnToo) {
  listings_.find(kAttempts, ListingStore::Older::shown, [](const Result<ListingRef>&) {});
  enter(1);
  EXPECT_EQ(source_.listings.size(), 2U);
}

TEST_F(AttemptsAhead, WhatHasBeenErasedIsNotFetchedAhead) {
  enter(20);
  for (std::size_t i = 0; i < 20; ++i) listings_.erase({ListingKind::attempt_media, attempt(i)});
  listings_.erase(kAttempts);
  source_.listings.at(1)->answer(Error{Errc::cancelled, "erased"});
  EXPECT_EQ(source_.listings.size(), 5U);
  for (const auto& asked : source_.listings) EXPECT_TRUE(asked->cancelled || asked->key == kAttempts);
}

TEST_F(AttemptsAhead, TheEndEndsIt) {
  enter(20);
  listings_.stop();
  for (std::size_t asked = 1; asked <= 4; ++asked)
    source_.listings.at(asked)->answer(Error{Errc::cancelled, "the end"});
  EXPECT_EQ(source_.listings.size(), 5U);
}

}  // namespace
}  // namespace mediafs
