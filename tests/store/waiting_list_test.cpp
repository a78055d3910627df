#include "store/waiting_list.h"

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/manual_timer.h"

namespace mediafs {
namespace {

class WaitingListTest : public testing::Test {
 protected:
  using List = WaitingList<std::string>;

  ManualTimer timer_;
  std::vector<List::Id> stopped_;
  std::vector<List::Id> expired_;
  std::optional<List> list_{std::in_place, timer_,
                            List::Options{.on_stop = [this](List::Id id) { stopped_.push_back(id); },
                                          .wait = std::chrono::seconds(30),
                                          .on_deadline = [this](List::Id id) { expired_.push_back(id); }}};
};

TEST_F(WaitingListTest, WhoIsTakenOutIsToldNothingMore) {
  std::stop_source stop;
  const List::Id id = list_->add("one", stop.get_token());
  EXPECT_EQ(list_->take(id), "one");
  EXPECT_EQ(list_->take(id), std::nullopt);
  stop.request_stop();
  timer_.advance(std::chrono::minutes(1));
  EXPECT_TRUE(stopped_.empty());
  EXPECT_TRUE(expired_.empty());
}

TEST_F(WaitingListTest, ItsDeadlineIsToldOnce) {
  const List::Id id = list_->add("one", {});
  timer_.advance(std::chrono::seconds(29));
  EXPECT_TRUE(expired_.empty());
  timer_.advance(std::chrono::minutes(1));
  EXPECT_EQ(expired_, std::vector{id});
}

TEST_F(WaitingListTest, WhoStopsIsToldOnTheTimersThread) {
  std::stop_source stop;
  const List::Id id = list_->add("one", stop.get_token());
  stop.request_stop();
  EXPECT_TRUE(stopped_.empty()) << "not under whatever the caller holds";
  timer_.advance(Duration::zero());
  EXPECT_EQ(stopped_, std::vector{id});
}

TEST_F(WaitingListTest, WhoHasStoppedBeforeIsToldToo) {
  std::stop_source stop;
  stop.request_stop();
  const List::Id id = list_->add("one", stop.get_token());
  timer_.advance(Duration::zero());
  EXPECT_EQ(stopped_, std::vector{id});
}

TEST_F(WaitingListTest, ThoseForWhomAConditionHoldsAreTakenInTheirOrder) {
  for (const char* name : {"a1", "b", "a2"}) list_->add(name, {});
  std::vector<std::string> taken;
  list_->take_if([](const std::string& name) { return name.front() == 'a'; },
                 [&](std::string&& name) { taken.push_back(std::move(name)); });
  EXPECT_EQ(taken, (std::vector<std::string>{"a1", "a2"}));
  EXPECT_EQ(list_->take_all(), std::vector<std::string>{"b"});
  EXPECT_TRUE(list_->empty());
}

TEST_F(WaitingListTest, NoTwoWaitersHaveOneIdThoughTheirListsAreOfDifferentKinds) {
  WaitingList<int> other(timer_, {});
  std::set<WaiterId> ids;
  for (int i = 0; i < 3; ++i) {
    ids.insert(list_->add("one", {}));
    ids.insert(other.add(i, {}));
  }
  EXPECT_EQ(ids.size(), 6U);
}

TEST_F(WaitingListTest, NoDeadlineOutlivesIt) {
  list_->add("one", {});
  list_.reset();
  EXPECT_FALSE(timer_.run_next());
}

}  // namespace
}  // namespace mediafs
