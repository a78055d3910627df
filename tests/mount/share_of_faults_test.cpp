// Origins of which a part goes wrong, all the time; and what is cached while nothing goes right.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "looping_readers.h"
#include "mediafs/base/unique_fd.h"
#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

using Seconds = std::chrono::duration<double>;

class ShareOfFaults : public MountTest {
 protected:
  static constexpr std::size_t kReaders = 16;
  static constexpr std::uint64_t kSize = 1'000;

  using MountTest::MountTest;

  struct Result {
    std::uint64_t right = 0;
    std::uint64_t wrong = 0;
    std::map<int, std::uint64_t> errors;
    double per_second = 0;
    double requests_each = 0;
    Seconds slowest{0};
  };

  /// That many files that nobody has read before, by some at a time.
  Result read_files(std::uint64_t count, const std::string& seed) {
    const std::uint64_t asked_before = api().total_requests();
    std::atomic<std::uint64_t> next = 0;
    std::mutex mutex;
    Result all;
    const auto begin = std::chrono::steady_clock::now();
    const auto read_on = [&] {
      for (std::uint64_t i = next++; i < count; i = next++) {
        const auto from = std::chrono::steady_clock::now();
        const std::string id = media_of(kSize, seed + "-" + std::to_string(1'000'000 + i));
        const Reading reading = read(id);
        const Seconds took = std::chrono::steady_clock::now() - from;
        const bool right = reading.error == 0 && reading.bytes == origin_bytes(id);
        const std::lock_guard lock(mutex);
        all.slowest = std::max(all.slowest, took);
        if (reading.error != 0)
          ++all.errors[reading.error];
        else
          ++(right ? all.right : all.wrong);
      }
    };
    {
      std::vector<std::jthread> threads;
      threads.reserve(kReaders);
      for (std::size_t i = 0; i < kReaders; ++i) threads.emplace_back(read_on);
    }
    const auto reads = static_cast<double>(count);
    all.per_second = reads / Seconds(std::chrono::steady_clock::now() - begin).count();
    all.requests_each = static_cast<double>(api().total_requests() - asked_before) / reads;
    std::printf("%s: %.0f reads a second, %.3f requests each, the slowest %.1f s\n", seed.c_str(),
                all.per_second, all.requests_each, all.slowest.count());
    for (const auto& [error, times] : all.errors)
      std::printf("  %llu times %s\n", static_cast<unsigned long long>(times), std::strerror(error));
    return all;
  }

  /// Whether that is said of an origin.
  static bool is_honest(int error) { return std::set<int>{EIO, EBUSY, ETIMEDOUT}.contains(error); }
};

class AShareOfFaults : public ShareOfFaults {
 protected:
  using ShareOfFaults::ShareOfFaults;

  void SetUp() override {
    ShareOfFaults::SetUp();
    expect_warnings();
    mount({{"--log-level", "info"}});
  }
  void survive_a_tenth_of_503(std::uint64_t before, std::uint64_t count) {
    const Result without = read_files(before, "none-fails");
    api().set_rules("* 10% status 503");
    const Result with = read_files(count, "a-tenth-fails");
    std::printf("%.2f of the throughput\n", with.per_second / without.per_second);
    EXPECT_EQ(with.right, count) << log();
    EXPECT_LE(with.requests_each, 1.2);
  }
  /// At most one read in `of` may fail.
  void survive_mixed_ones(std::uint64_t count, std::uint64_t of) {
    read_files(500, "none-fails");  // how much the origin takes is known, as where one is mounted for long
    api().set_rules(
        "* 6% status 429\n* 6% status 503\n* 6% status 500\n* 6% drop\n* 6% reset 500\n* 6% cut 500");
    const Result mixed = read_files(count, "mixed");
    EXPECT_EQ(mixed.wrong, 0U);
    EXPECT_GE(mixed.right, count - count / of) << log();
    for (const auto& [error, times] : mixed.errors) EXPECT_TRUE(is_honest(error)) << std::strerror(error);
  }
};

TEST_F(AShareOfFaults, ATenthOf503CostsNoReadAndFewRequests) {
  survive_a_tenth_of_503(500, 2'000);
}
TEST_F(AShareOfFaults, MixedOnesOfThirtyPercentAreSurvived) {
  survive_mixed_ones(1'000, 10'000);
}

class LongShareOfFaults : public AShareOfFaults {
 protected:
  LongShareOfFaults() : AShareOfFaults(std::chrono::seconds(900)) {}
};

TEST_F(LongShareOfFaults, ATenthOf503CostsNoReadAndFewRequests) {
  survive_a_tenth_of_503(20'000, 100'000);
}
TEST_F(LongShareOfFaults, MixedOnesOfThirtyPercentAreSurvived) {
  survive_mixed_ones(20'000, 10'000);
}

/// What is cached is read as if nothing were.
class CachedInAnOutage : public MountTest {
 protected:
  static constexpr std::uint64_t kSize = 200'000;
  static constexpr std::uint64_t kFiles = 50;

  using MountTest::MountTest;

  static std::string cached(std::uint64_t i) {
    return media_of(kSize, "cached-" + std::to_string(10'000 + i % kFiles));
  }
  /// Reads that often, past the kernel's pages; gives the time that all but a hundredth took at most.
  Seconds read_all(std::uint64_t count) {
    std::vector<Seconds> took;
    for (std::uint64_t i = 0; i < count; ++i) {
      drop_pages(cached(i));
      const auto from = std::chrono::steady_clock::now();
      const Reading reading = read(cached(i));
      took.emplace_back(std::chrono::steady_clock::now() - from);
      EXPECT_EQ(reading.error, 0);
      EXPECT_TRUE(same_bytes(reading.bytes, origin_bytes(cached(i))));
    }
    std::sort(took.begin(), took.end());
    return took[took.size() * 99 / 100];
  }
  void read_through_outages(std::uint64_t count) {
    expect_warnings();
    mount({{"--deadline", "5s"}, {"--log-level", "info"}});
    for (std::uint64_t i = 0; i < kFiles; ++i) keep(cached(i));
    remount();  // out of memory
    print("without", read_all(count));
    for (const char* rule : {"* * status 503", "* * drop", "* * status 429", "* * hang"}) {
      api().set_rules(rule);
      const LoopingReaders others(20, [&](std::size_t reader, std::uint64_t) {
        return read(media_of(1'000, "reader-" + std::to_string(1'000 + reader))).error;
      });
      print(rule, read_all(count));
    }
    api().release();
    stop_api();
    print("refused", read_all(count));
  }
  static void print(const char* what, Seconds slow) {
    std::printf("%s: p99 %.2f ms\n", what, slow.count() * 1000);
  }
};

TEST_F(CachedInAnOutage, IsEveryReadRight) {
  read_through_outages(200);
}

class LongCachedInAnOutage : public CachedInAnOutage {
 protected:
  LongCachedInAnOutage() : CachedInAnOutage(std::chrono::seconds(600)) {}
};

TEST_F(LongCachedInAnOutage, IsEveryReadRight) {
  read_through_outages(5'000);
}

/// A first byte that takes long is waited for: cold storage, or a scanner that holds the body back.
class LongWaitForTheHead : public MountTest {
 protected:
  const std::string id_ = media_of(100'000);

  void expect_one_request() {
    read_whole(id_);
    EXPECT_EQ(api().requests_for(id_), 1U);
  }
};

TEST_F(LongWaitForTheHead, ElevenSecondsAtTheDefaultDeadline) {
  api().set_rules(id_ + " * delay 11s");
  mount();
  expect_one_request();
}

TEST_F(LongWaitForTheHead, TwentyFiveSecondsAtTheDefaultDeadline) {
  api().set_rules(id_ + " * delay 25s");
  mount();
  expect_one_request();
}

TEST_F(LongWaitForTheHead, FiftySecondsAtADeadlineOfSixty) {
  api().set_rules(id_ + " * delay 50s");
  mount({{"--deadline", "60s"}});
  expect_one_request();
}

}  // namespace
}  // namespace mediafs::e2e
