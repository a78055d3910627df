// What each answer to a listing's question means, where one is known already and where none is.
#include <future>
#include <utility>

#include <gtest/gtest.h>

#include "mediafs/store/listing_store.h"
#include "support/manual_timer.h"
#include "support/scripted_source.h"

namespace mediafs {
namespace {

class ListingAnswers : public testing::TestWithParam<Errc> {
 protected:
  using Older = ListingStore::Older;

  ~ListingAnswers() override {
    listings_.stop();
    timer_.drop_jobs();
  }

  std::future<Result<ListingRef>> find(Older older) {
    auto promise = std::make_shared<std::promise<Result<ListingRef>>>();
    listings_.find(kSession, older,
                   [promise](Result<ListingRef> listing) { promise->set_value(std::move(listing)); });
    return promise->get_future();
  }
  void know_one() {
    auto first = find(Older::shown);
    source_.listings.at(0)->answer(Listing{.key = kSession});
    known_ = *timer_.wait(std::move(first));
  }
  /// The origin may be back later, and nothing speaks against what is known.
  static bool is_transient(Errc code) {
    return code == Errc::unreachable || code == Errc::unavailable || code == Errc::untrusted ||
           code == Errc::timed_out || code == Errc::throttled || code == Errc::not_found_by_gateway ||
           code == Errc::impossible_id;
  }

  const ListingKey kSession{ListingKind::session_media, *MediaId::parse("some-session-00001")};
  ManualTimer timer_;
  ScriptedSource source_;
  Catalog catalog_{{}, nullptr, timer_.clock()};
  ListingStore listings_{{.ttl = Duration(0)}, source_, catalog_, timer_};
  ListingRef known_;
};

TEST_P(ListingAnswers, AFailureIsTheAnswerWhereNothingIsKnown) {
  auto asked = find(Older::shown);
  ASSERT_TRUE(source_.listings.at(0)->begun);
  source_.listings[0]->answer(Error{GetParam(), "as the test says"});
  EXPECT_EQ(timer_.wait(std::move(asked)).error().code, GetParam());
}

TEST_P(ListingAnswers, TheKnownOneIsShownWhereTheFailureMayPassToWhomTakesIt) {
  know_one();
  auto takes_it = find(Older::shown);
  auto does_not = find(Older::refused);
  ASSERT_EQ(source_.listings.size(), 2U) << "one question for both";
  source_.listings[1]->answer(Error{GetParam(), "as the test says"});
  EXPECT_EQ(timer_.wait(std::move(does_not)).error().code, GetParam());
  const auto shown = timer_.wait(std::move(takes_it));
  ASSERT_EQ(shown.ok(), is_transient(GetParam()));
  if (shown) {
    EXPECT_EQ(*shown, known_);
  }
  EXPECT_EQ(catalog_.find_listing(kSession) == nullptr, GetParam() == Errc::not_found);
}

TEST_F(ListingAnswers, AGatewaysWordThatThereIsNoneIsForOneCaller) {
  auto first = find(Older::shown);
  source_.listings.at(0)->answer(Error{Errc::not_found_by_gateway, "as the test says"});
  EXPECT_EQ(timer_.wait(std::move(first)).error().code, Errc::not_found_by_gateway);
  const auto second = find(Older::shown);
  EXPECT_EQ(source_.listings.size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(OfEachKind, ListingAnswers, testing::ValuesIn(kAllErrcs));

TEST_F(ListingAnswers, WhoeverHasWaitedLongIsShownTheKnownOneWhileTheQuestionGoesOn) {
  know_one();
  auto waiting = find(Older::shown);
  timer_.advance(ListingStore::Options().patience);
  EXPECT_EQ(*timer_.wait(std::move(waiting)), known_);
  EXPECT_FALSE(source_.listings.at(1)->cancelled);
}

TEST_F(ListingAnswers, TheEndCancelsWhatIsAsked) {
  auto waiting = find(Older::shown);
  listings_.stop();
  EXPECT_TRUE(source_.listings.at(0)->cancelled);
  EXPECT_EQ(timer_.wait(std::move(waiting)).error().code, Errc::cancelled);
}

}  // namespace
}  // namespace mediafs
