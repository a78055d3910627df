// How bytes come from the origin to readers: at once, once, in ranges where there are some, in bounded
// memory.
#include <algorithm>
#include <csignal>
#include <numeric>

#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

class DataPath : public MountTest {
 protected:
  std::uint64_t bytes_sent_for(const std::string& id) {
    const auto requests = api().requests();
    return std::accumulate(
        requests.begin(), requests.end(), std::uint64_t{0},
        [&](std::uint64_t sum, const auto& r) { return r.path.ends_with(id) ? sum + r.sent : sum; });
  }
  std::vector<std::string> ranges_asked_of(const std::string& id) {
    std::vector<std::string> ranges;
    for (const auto& request : api().requests()) {
      if (request.path.ends_with(id)) ranges.push_back(request.range);
    }
    return ranges;
  }
  void expect_exact(const std::string& id) {
    const Outcome sum = sh("sha256sum < $M/" + id);
    EXPECT_TRUE(sum.out.starts_with(origin_sha256(id))) << sum << log();
  }
};

TEST_F(DataPath, TheFirstBytesAreReadWhileTheOriginStallsAfterThem) {
  const std::string id = media_of(20_MiB);
  api().set_rules("* * no-signature + stall 64K");
  mount(kWaitingLong);
  EXPECT_EQ(sh("dd if=$M/" + id + " bs=4096 count=1 2> /dev/null | wc -c").out, "4096\n");
}

TEST_F(DataPath, SixtyFourColdReadersShareOneGetAndGetItsBytes) {
  mount();
  const std::string id = media_of(30_MiB);
  const Outcome sums = sh("for i in $(seq 64); do sha256sum < $M/" + id + " & done | sort | uniq -c; wait");
  EXPECT_NE(sums.out.find("64 " + origin_sha256(id)), std::string::npos) << sums << log();
  EXPECT_EQ(ranges_asked_of(id), std::vector<std::string>{""});
}

TEST_F(DataPath, ACutIsResumedByRange) {
  const std::string id = media_of(20'000'000);
  api().set_rules("* 1 cut 10000000");
  mount();
  expect_exact(id);
  // A read of what lies further on may have had a range of its own before it went on; what had come has not.
  std::vector<std::string> ranges = ranges_asked_of(id);
  EXPECT_EQ(std::count(ranges.begin(), ranges.end(), "bytes=10000000-"), 1);
  EXPECT_EQ(ranges.front(), "");
  ranges.erase(ranges.begin());
  for (const std::string& range : ranges)
    EXPECT_GE(std::stoull(range.substr(range.find('=') + 1)), 10'000'000U);
}

TEST_F(DataPath, ACutIsFetchedAgainWholeWithoutRanges) {
  api_options.ranges = false;
  const std::string id = media_of(20'000'000);
  api().set_rules("* 1 cut 10000000");
  mount();
  expect_exact(id);
  EXPECT_EQ(ranges_asked_of(id), (std::vector<std::string>{"", ""}));
}

/// A video whose index stands at its end.
class SeekInAVideo : public DataPath, public ::testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    DataPath::SetUp();
    if (sh("command -v ffmpeg").code != 0) GTEST_SKIP() << "ffmpeg is not installed";
    api_options.ranges = GetParam();
    const Outcome made =
        sh("ffmpeg -v error -f lavfi -i testsrc2=size=640x360:rate=10 -f lavfi -i anoisesrc=r=192000 -t 40 "
           "-c:v mpeg4 -ac 4 -c:a pcm_s32le $T/video.mov && cat $T/video.mov");
    ASSERT_EQ(made.code, 0) << made.err;
    size_ = made.out.size();
    ASSERT_GT(size_, 100_MiB);
    api().put_media(id_, "video/quicktime", made.out);
    mount();
  }

  const std::string id_ = "video-0123456789abcdef";
  std::uint64_t size_ = 0;
};

TEST_P(SeekInAVideo, PlaysFromThereWithoutTheMiddleWhereThereAreRanges) {
  const std::string decode = "ffmpeg -v error -xerror -ss 36 -i ";
  const std::string digest = " -t 1 -f framemd5 - | grep -v '^#'";
  const Outcome here = sh(decode + "$M/" + id_ + digest);
  EXPECT_EQ(here.code, 0) << here << log();
  EXPECT_EQ(here.out, sh(decode + "$T/video.mov" + digest).out);
  if (GetParam()) {
    EXPECT_LT(bytes_sent_for(id_), size_ / 5) << ::testing::PrintToString(ranges_asked_of(id_));
  } else {
    EXPECT_EQ(ranges_asked_of(id_), std::vector<std::string>{""});
  }
}

INSTANTIATE_TEST_SUITE_P(Origin, SeekInAVideo, ::testing::Bool(), [](const auto& tested) {
  return std::string(tested.param ? "WithRanges" : "WithoutRanges");
});

class ThousandReadersOfADeadOrigin : public DataPath {
 protected:
  static constexpr int kReaders = 1000;
  const std::string cached_ = media_of(300'000, "cached-0123456789");

  void SetUp() override {
    DataPath::SetUp();
    expect_warnings();
    api_options.threads = 2 * kReaders;
    // Half of them wait for a name, half for bytes: each of a media of its own.
    api().set_rules(cached_ + " * delay 0ms\n* * no-signature + stall 64K");
    mount(kWaitingLong);
    read_whole(cached_);
    threads_before_ = threads();
    readers_ =
        start("trap 'kill -9 $(jobs -p); exit' TERM; for i in $(seq " + std::to_string(kReaders) +
              "); do cat $M/gen-$((i + 10000000))-dead0123456789 > /dev/null & done 2> /dev/null; wait");
    ASSERT_TRUE(eventually([&] { return processes_of_readers() >= kReaders; }));
    ASSERT_TRUE(eventually([&] { return api().total_requests() > 200; }));
  }
  void TearDown() override {
    readers_->signal(SIGTERM);
    readers_->wait_for(kPatience);
    api().release();
    EXPECT_TRUE(eventually([&] { return processes_of_readers() == 0; }));
    DataPath::TearDown();
  }

  std::size_t threads() const {
    const fs::path tasks = "/proc/" + std::to_string(servers().front()) + "/task";
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(tasks), fs::directory_iterator()));
  }
  int processes_of_readers() const {
    return std::stoi(sh("pgrep -c -f \"^cat $M/.*-dead0123456789\" || true").out);
  }
  void expect_at_once(const std::string& script) {
    const Outcome outcome = sh(script);
    EXPECT_EQ(outcome.code, 0) << script << '\n' << outcome;
    EXPECT_FALSE(readers_->ended());
  }

  std::size_t threads_before_ = 0;
  std::unique_ptr<Process> readers_;
};

TEST_F(ThousandReadersOfADeadOrigin, DoNotHoldUpWhatIsHere) {
  expect_at_once("ls -la $M");
  expect_at_once("stat $M/" + cached_);
  drop_pages(cached_);
  expect_at_once("sha256sum $M/" + cached_);
  expect_at_once("dd if=$M/" + cached_ + " of=/dev/null bs=4096 iflag=direct");
  EXPECT_EQ(threads(), threads_before_);
}

TEST_F(ThousandReadersOfADeadOrigin, DoNotHoldUpTheEnd) {
  for (const pid_t pid : servers()) ::kill(pid, SIGTERM);
  EXPECT_TRUE(servers_end());
  EXPECT_FALSE(is_mounted());
}

/// What 64 streams at once take of anonymous memory.
class ManyStreams : public DataPath {
 protected:
  static constexpr int kStreams = 64;
  const std::uint64_t kBound = slowdown() == 1 ? 1 : 100;  // a sanitizer has its own

  void read_all(std::uint64_t size, const std::string& memory) {
    mount({{"--memory", memory}});
    const auto readers =
        start("for i in $(seq 10 " + std::to_string(kStreams + 9) + "); do sha256sum $M/gen-" +
              std::to_string(size) + "-stream0123456789$i & done | sed 's|/.*/||' | sort -k 2; wait");
    while (!readers->wait_for(std::chrono::milliseconds(20))) peak_ = std::max(peak_, anonymous_memory());
    const Outcome sums = readers->finish(kPatience);
    std::string expected;
    for (int i = 10; i < kStreams + 10; ++i) {
      const std::string id = "gen-" + std::to_string(size) + "-stream0123456789" + std::to_string(i);
      expected += origin_sha256(id) + "  " + id + "\n";
    }
    EXPECT_EQ(sums.out, expected) << sums.err << log();
  }
  std::uint64_t anonymous_memory() const {
    const auto pids = servers();
    if (pids.empty()) return 0;
    const std::string kib =
        sh("grep RssAnon /proc/" + std::to_string(pids.front()) + "/status | tr -dc 0-9").out;
    return kib.empty() ? 0 : std::stoull(kib) * 1024;
  }

  std::uint64_t peak_ = 0;
};

TEST_F(ManyStreams, StayWithinTheirMemory) {
  read_all(20'000'000, "128M");
  EXPECT_LE(peak_, kBound * 160_MiB);
}

TEST_F(ManyStreams, ComeThroughWithLittle) {
  read_all(8'000'000, "32M");
  EXPECT_LE(peak_, kBound * 128_MiB);
}

}  // namespace
}  // namespace mediafs::e2e
