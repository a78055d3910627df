#include "mediafs/base/timer.h"

#include <future>
#include <vector>

#include <gtest/gtest.h>

namespace mediafs {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(TimerThread, RunsJobsInTheOrderOfTheirTimes) {
  TimerThread timer;
  std::promise<void> done;
  std::vector<int> order;
  const SteadyTime now = steady_now();
  timer.at(now + milliseconds(20), [&] {
    order.push_back(2);
    done.set_value();
  });
  timer.at(now + milliseconds(10), [&] { order.push_back(1); });
  done.get_future().wait();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(TimerThread, AnEarlierJobOvertakesTheOneThatIsWaitedFor) {
  TimerThread timer;
  std::promise<void> done;
  timer.at(steady_now() + hours(1), [] {});
  timer.at(steady_now(), [&] { done.set_value(); });
  done.get_future().wait();
}

TEST(TimerThread, ACancelledJobNeverRuns) {
  TimerThread timer;
  bool ran = false;
  const auto id = timer.at(steady_now() + hours(1), [&] { ran = true; });
  EXPECT_TRUE(timer.cancel(id));
  EXPECT_FALSE(timer.cancel(id));
  timer.stop();
  EXPECT_FALSE(ran);
}

TEST(TimerThread, AJobMayPlanAnother) {
  TimerThread timer;
  std::promise<void> done;
  timer.at(steady_now(), [&] { timer.at(steady_now(), [&] { done.set_value(); }); });
  done.get_future().wait();
}

TEST(TimerThread, NothingRunsOnceItHasStopped) {
  TimerThread timer;
  bool ran = false;
  timer.stop();
  timer.at(steady_now(), [&] { ran = true; });
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace mediafs
