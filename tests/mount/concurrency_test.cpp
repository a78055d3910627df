// Many at a time: they share downloads, and none of them is in another's way.
#include <csignal>

#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

using Concurrency = MountTest;

TEST_F(Concurrency, ThirtyTwoProcessesReadingOneColdFileShareOneGet) {
  api_options.bandwidth = 40_MiB;  // so that they all meet the download under way
  mount();
  const std::string id = media_of(20_MiB);
  const Outcome sums = sh("for i in $(seq 32); do sha256sum < $M/" + id + " & done | sort | uniq -c; wait");
  EXPECT_EQ(sums.code, 0) << sums;
  EXPECT_NE(sums.out.find("32 " + origin_sha256(id)), std::string::npos) << sums << log();
  EXPECT_EQ(api().requests_for(id), 1U);
}

TEST_F(Concurrency, ThirtyTwoLookupsOfOneNameShareOneGet) {
  api_options.latency = std::chrono::milliseconds(200);
  mount();
  const std::string id = media_of(1'000);
  const Outcome stats = sh("for i in $(seq 32); do stat -c %s $M/" + id + " & done | sort | uniq -c; wait");
  EXPECT_NE(stats.out.find("32 1000"), std::string::npos) << stats;
  EXPECT_EQ(api().requests_for(id), 1U);
}

TEST_F(Concurrency, ManyFilesAtOnceAreEachExact) {
  mount();
  const Outcome copies = sh(R"(
    for i in $(seq 64); do echo gen-$((i * 65536 + i))-0123456789abcdef; done > $T/names
    mkdir $T/copy
    cd $M; xargs -P 16 -I{} cp {} $T/copy/{} < $T/names)");
  ASSERT_EQ(copies.code, 0) << copies << log();
  for (std::uint64_t i = 1; i <= 64; ++i) {
    const std::string id = media_of(i * 65536 + i);
    const Outcome sum = sh("sha256sum < $T/copy/" + id);
    EXPECT_TRUE(sum.out.starts_with(origin_sha256(id))) << id;
    EXPECT_EQ(api().requests_for(id), 1U);
  }
}

class KilledReader : public Concurrency, public ::testing::WithParamInterface<int> {};

TEST_P(KilledReader, DisturbsNoOther) {
  api_options.bandwidth = 4_MiB;
  mount();
  const std::string id = media_of(12_MiB);
  const auto victim = start("exec cat $M/" + id + " > $T/victim");
  const auto survivor = start("exec sha256sum $M/" + id);
  ASSERT_TRUE(eventually(
      [&] { return fs::exists(scratch() / "victim") && fs::file_size(scratch() / "victim") > 0; }));
  ASSERT_FALSE(survivor->ended());
  victim->signal(GetParam());
  EXPECT_TRUE(victim->wait_for(kPatience));
  const Outcome outcome = survivor->finish(kPatience);
  EXPECT_TRUE(outcome.out.starts_with(origin_sha256(id))) << outcome << log();
  EXPECT_EQ(api().requests_for(id), 1U);
}

INSTANTIATE_TEST_SUITE_P(By, KilledReader, ::testing::Values(SIGKILL, SIGTERM), [](const auto& tested) {
  return std::string(tested.param == SIGKILL ? "SIGKILL" : "SIGTERM");
});

/// An origin that answers some names and leaves all others waiting.
class DeadOrigin : public MountTest {
 protected:
  static constexpr int kWaiting = 50;
  const std::string cached_ = media_of(300'000, "cached-0123456789");
  const std::string other_ = media_of(300'000, "other-0123456789");

  void SetUp() override {
    MountTest::SetUp();
    expect_warnings();  // of the lookups that are still waiting when the mount goes
    api().set_rules(cached_ + " * delay 0ms\n" + other_ + " * delay 0ms\n* * hang");
    mount(kWaitingLong);
    read_whole(cached_);
    for (int i = 0; i < kWaiting; ++i) {
      waiting_.push_back(
          start("exec stat $M/" + media_of(static_cast<std::uint64_t>(i), "waits-0123456789")));
    }
    ASSERT_TRUE(eventually([&] { return api().total_requests() >= kWaiting + 1; })) << api().total_requests();
  }

  void TearDown() override {
    api().release();
    waiting_.clear();
    MountTest::TearDown();
  }

  void expect_at_once(const std::string& script) {
    const Outcome outcome = sh(script);
    EXPECT_EQ(outcome.code, 0) << script << '\n' << outcome;
    for (const auto& process : waiting_) EXPECT_FALSE(process->ended());
  }

 private:
  std::vector<std::unique_ptr<Process>> waiting_;
};

TEST_F(DeadOrigin, ALookupOfAnotherIdAnswersAtOnce) {
  expect_at_once("stat $M/" + other_);
}
TEST_F(DeadOrigin, StatOfACachedFileAnswersAtOnce) {
  expect_at_once("stat $M/" + cached_);
}
TEST_F(DeadOrigin, ReadingACachedFileAnswersAtOnce) {
  expect_at_once("sha256sum $M/" + cached_);
}
TEST_F(DeadOrigin, ListingAnswersAtOnce) {
  expect_at_once("ls -la $M");
}
TEST_F(DeadOrigin, ANameThatCannotBeAnIdAnswersAtOnce) {
  expect_at_once("! stat $M/.Trash");
}
TEST_F(DeadOrigin, StatfsAnswersAtOnce) {
  expect_at_once("df $M");
}

TEST_F(Concurrency, TwoHundredReadersOfADeadOriginDoNotStopACachedRead) {
  expect_warnings();
  const std::string cached = media_of(2_MiB, "cached-0123456789");
  const std::string dead = media_of(20_MiB, "dead-0123456789");
  api().set_rules(dead + " * stall 6000000");
  mount(kWaitingLong);
  read_whole(cached);
  std::vector<std::unique_ptr<Process>> readers;
  readers.reserve(200);
  for (int i = 0; i < 200; ++i) readers.push_back(start("exec cat $M/" + dead + " > /dev/null"));
  ASSERT_TRUE(eventually([&] { return api().requests_for(dead) > 0; }));
  drop_pages(cached);
  EXPECT_EQ(sh("sha256sum $M/" + cached).code, 0);
  EXPECT_FALSE(readers.front()->ended());
  EXPECT_LE(api().requests_for(dead), 2U);
}

}  // namespace
}  // namespace mediafs::e2e
