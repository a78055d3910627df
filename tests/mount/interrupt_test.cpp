// Signals to programs that wait for the mount: those that kill do so at once, the others are not noticed.
#include <pthread.h>
#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <thread>

#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

class Killed : public MountTest, public ::testing::WithParamInterface<int> {
 protected:
  void expect_end_at_once(const std::unique_ptr<Process>& waiting) {
    EXPECT_FALSE(waiting->ended());
    waiting->signal(GetParam());
    EXPECT_TRUE(waiting->wait_for(kPatience));
  }
};

TEST_P(Killed, ALookupThatWaitsLetsGo) {
  api().set_rules("* * hang");
  mount(kWaitingLong);
  const std::string id = media_of(1'000);
  const auto waiting = start("exec stat $M/" + id);
  ASSERT_TRUE(api().wait_for_requests(id, 1));
  expect_end_at_once(waiting);
}

TEST_P(Killed, ADirectReadThatWaitsLetsGo) {
  api().set_rules("* * no-signature + stall 64K");
  mount(kWaitingLong);
  const std::string id = media_of(20_MiB);
  const auto waiting = start("exec dd if=$M/" + id + " of=$T/out bs=4096 iflag=direct");
  ASSERT_TRUE(eventually(
      [&] { return fs::exists(scratch() / "out") && fs::file_size(scratch() / "out") == 64_KiB; }));
  expect_end_at_once(waiting);
}

TEST_P(Killed, AReadOfAMediaThatWasListedWithoutItsSizeLetsGo) {
  const std::string id = media_of(20_MiB);
  const std::string attempt = "a77e3b11-0000-4000-8000-00000000000a";
  api().put_document("/v1/attempts/" + attempt + "/media", "application/json",
                     R"({"status":"success","images":[{"id":")" + id + R"("}]})");
  api().set_rules(id + " * no-signature + stall 64K");
  mount(kWaitingLong);
  ASSERT_EQ(sh("ls $M/attempts/" + attempt).code, 0) << log();
  const auto waiting = start("exec dd if=$M/" + id + " of=$T/out bs=4096");
  ASSERT_TRUE(eventually(
      [&] { return fs::exists(scratch() / "out") && fs::file_size(scratch() / "out") == 64_KiB; }));
  expect_end_at_once(waiting);
}

INSTANTIATE_TEST_SUITE_P(By, Killed, ::testing::Values(SIGKILL, SIGTERM, SIGQUIT),
                         [](const auto& tested) { return std::string(::sigabbrev_np(tested.param)); });

using Interrupted = MountTest;

TEST_F(Interrupted, SignalsThatAProgramSurvivesAreNotNoticed) {
  struct sigaction action{};
  action.sa_handler = [](int) {};  // without SA_RESTART: an EINTR would come through
  ::sigaction(SIGURG, &action, nullptr);
  api().set_rules("* 1 hang");
  mount();
  const std::string id = media_of(300'000);
  std::atomic<int> result = -1;
  std::jthread caller([&] {
    struct stat attributes{};
    result = ::stat(file(id).c_str(), &attributes) == 0 ? 0 : errno;
  });
  ASSERT_TRUE(api().wait_for_requests(id, 1));
  for (int i = 0; i < 200; ++i) {
    ::pthread_kill(caller.native_handle(), SIGURG);
    std::this_thread::yield();
  }
  EXPECT_EQ(result, -1) << "it waits";
  api().release();
  caller.join();
  EXPECT_EQ(result, 0);
}

}  // namespace
}  // namespace mediafs::e2e
