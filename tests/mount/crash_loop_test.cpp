// Killed at any moment under load, again and again: what the next mount serves is exact.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <random>
#include <thread>

#include "mount_fixture.h"

namespace mediafs::e2e {
namespace {

constexpr unsigned kMedia = 40;

class KilledAtRandom : public MountTest {
 protected:
  static std::string one(unsigned number) {
    return media_of(50'000 + number * 37'000, "kill" + std::to_string(1000 + number));
  }
  void kill_again_and_again(int times, unsigned seed) {
    std::mt19937 generator(seed);
    const auto random = [&](unsigned below) { return static_cast<unsigned>(generator() % below); };
    for (int round = 0; round < times; ++round) {
      const auto before = std::chrono::steady_clock::now();
      mount({{"--cache-size", "16M"}});  // so that there is eviction to be killed in
      slowest_ = std::max(slowest_, std::chrono::steady_clock::now() - before);
      const auto load = start("while :; do cat $M/" + one(random(kMedia)) + " $M/" + one(random(kMedia)) +
                              " $M/" + one(random(kMedia)) + " > /dev/null || break; done");
      for (int i = 0; i < 3; ++i) {
        const std::string id = one(random(kMedia));
        ASSERT_TRUE(same_bytes(read(id).bytes, origin_bytes(id))) << round;
      }
      // At any moment: not a wait for something.
      std::this_thread::sleep_for(std::chrono::milliseconds(random(60)));
      kill9();
      load->finish(kPatience);
    }
    using std::chrono::milliseconds;
    std::cout << "the slowest of " << times << " mounts took "
              << std::chrono::duration_cast<milliseconds>(slowest_).count() << " ms\n";
    mount();
    for (unsigned number = 0; number < kMedia; ++number) {
      ASSERT_TRUE(same_bytes(read(one(number)).bytes, origin_bytes(one(number)))) << number;
    }
  }

 private:
  std::chrono::steady_clock::duration slowest_{};  // said, not judged: the machine may be busy
};

TEST_F(KilledAtRandom, FiftyTimesEveryByteIsExact) {
  kill_again_and_again(50, 1);
}

class LongKilledAtRandom : public KilledAtRandom, public ::testing::WithParamInterface<unsigned> {};

TEST_P(LongKilledAtRandom, HundredTimesEveryByteIsExact) {
  kill_again_and_again(100, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Seeds, LongKilledAtRandom, ::testing::Range(10U, 20U));

}  // namespace
}  // namespace mediafs::e2e
