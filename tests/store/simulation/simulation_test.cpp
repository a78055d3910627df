// Worlds of downloads, each drawn from a seed, against a model that knows what may come of it.
//
// MEDIAFS_SIMULATION_SEED=n [MEDIAFS_SIMULATION_STEPS=n] [MEDIAFS_SIMULATION_WORLDS=n] store_simulation
// --gtest_filter=Simulation.One runs one, or as many from that seed on, and tells of the first that fails in
// words; with MEDIAFS_SIMULATION_SHRINK=0 at once, without looking for fewer steps.
#include <chrono>
#include <cstdlib>
#include <iostream>

#include <gtest/gtest.h>

#include "mediafs/base/log.h"
#include "store/simulation/shrink.h"
#include "store/simulation/world.h"

namespace mediafs::simulation {
namespace {

constexpr std::uint64_t kStepsOfWorld = 2'000;

std::uint64_t number_in(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class Simulation : public testing::Test {
 protected:
  Simulation() { log::set_up({.level = log::Level::off}); }

  /// Worlds with so many steps together, from a seed on.
  static void run_worlds(std::uint64_t first_seed, std::uint64_t steps) {
    const std::uint64_t worlds = std::max<std::uint64_t>(steps / kStepsOfWorld / MEDIAFS_TEST_SLOWDOWN, 1);
    for (std::uint64_t seed = first_seed; seed < first_seed + worlds; ++seed) {
      const Course course{.seed = seed, .steps = kStepsOfWorld};
      const Outcome outcome = World(course).run();
      if (!outcome.finding.empty()) FAIL() << explain(course, outcome);
    }
  }
};

TEST_F(Simulation, EveryAnswerIsRightWhateverHappens) {
  run_worlds(1, 100'000);
}

TEST_F(Simulation, OfOneSeedGoesTheSameWayEachTime) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const Course course{.seed = seed, .steps = 1'000};
    const Outcome first = World(course).run();
    EXPECT_EQ(first.hash, World(course).run().hash) << "seed " << seed;
    EXPECT_GT(first.answers, 200U);
  }
}

/// Ten million steps: other worlds than those above.
class LongSimulation : public Simulation, public testing::WithParamInterface<std::uint64_t> {};

TEST_P(LongSimulation, EveryAnswerIsRightWhateverHappens) {
  run_worlds(1'000'000 * GetParam(), 1'000'000);
}

INSTANTIATE_TEST_SUITE_P(Millions, LongSimulation, testing::Range<std::uint64_t>(1, 11));

/// For whoever looks for the cause of a failure, or for failures.
TEST_F(Simulation, One) {
  const std::uint64_t seed = number_in("MEDIAFS_SIMULATION_SEED", 0);
  if (seed == 0) GTEST_SKIP() << "MEDIAFS_SIMULATION_SEED says which";
  const std::uint64_t worlds = number_in("MEDIAFS_SIMULATION_WORLDS", 1);
  const std::uint64_t steps = number_in("MEDIAFS_SIMULATION_STEPS", kStepsOfWorld);
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t one = seed; one < seed + worlds; ++one) {
    if (worlds > 1) std::cout << "world " << one << std::endl;  // whoever sees it crash wants to know
    const Course course{.seed = one, .steps = steps};
    const Outcome outcome = World(course).run();
    if (!outcome.finding.empty()) FAIL() << explain(course, outcome);
    std::cout << "seed " << one << ": " << outcome.answers << " answers, trace " << outcome.hash << '\n';
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cout << static_cast<double>(worlds * steps) / took.count() << " steps a second\n";
}

}  // namespace
}  // namespace mediafs::simulation
