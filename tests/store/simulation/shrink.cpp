#include "store/simulation/shrink.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>

namespace mediafs::simulation {

namespace {

constexpr auto kLongest = std::chrono::seconds(30);

/// What was wrong, without its time and numbers: another failure is another search.
std::string kind_of(const Outcome& outcome) {
  std::string kind = outcome.finding;
  std::erase_if(kind, [](unsigned char c) { return c >= '0' && c <= '9'; });
  return kind;
}

/// Looks for a shorter course that fails too, until its time is up.
class Search {
 public:
  Search(Course course, Outcome outcome) : course_(std::move(course)), outcome_(std::move(outcome)) {}

  /// Fewer steps: those up to the failure, or fewer where what they have led to is seen at the end.
  void shorten() {
    take_if_it_fails(outcome_.failed_step, course_.left_out);
    for (std::uint64_t part = course_.steps / 2; part > 0; part /= 2) {
      while (course_.steps > part && take_if_it_fails(course_.steps - part, course_.left_out)) {
      }
    }
  }

  /// Delta debugging: leaves out ever smaller runs of steps.
  void leave_out() {
    for (std::uint64_t run = std::max<std::uint64_t>(course_.steps / 2, 1); run > 0; run /= 2) {
      for (std::uint64_t first = 0; first < course_.steps; first += run) {
        std::set<std::uint64_t> without = course_.left_out;
        for (std::uint64_t i = first; i < std::min(first + run, course_.steps); ++i) without.insert(i);
        if (without.size() > course_.left_out.size()) take_if_it_fails(course_.steps, without);
      }
    }
  }

  [[nodiscard]] const Course& course() const { return course_; }

 private:
  bool take_if_it_fails(std::uint64_t steps, const std::set<std::uint64_t>& left_out) {
    if (std::chrono::steady_clock::now() - began_ > kLongest) return false;
    Course shorter{.seed = course_.seed, .steps = steps, .left_out = left_out};
    Outcome outcome = World(shorter).run();
    if (kind_of(outcome) != kind_of(outcome_)) return false;
    course_ = std::move(shorter);
    outcome_ = std::move(outcome);
    return true;
  }

  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  Course course_;
  Outcome outcome_;
};

}  // namespace

std::string explain(Course course, Outcome outcome) {
  std::string text =
      fmt::format("seed {} fails at step {}: {}\n", course.seed, outcome.failed_step, outcome.finding);
  text += fmt::format(
      "again: MEDIAFS_SIMULATION_SEED={} MEDIAFS_SIMULATION_STEPS={} store_simulation "
      "--gtest_filter=Simulation.One\n",
      course.seed, course.steps);
  const char* const shrinks = std::getenv("MEDIAFS_SIMULATION_SHRINK");
  if (shrinks != nullptr && std::string_view(shrinks) == "0") return text;
  Search search(std::move(course), std::move(outcome));
  search.shorten();
  search.leave_out();
  Course shortest = search.course();
  shortest.in_words = true;
  const Outcome again = World(shortest).run();
  text += fmt::format("the shortest course that was found to fail has {} steps:\n",
                      shortest.steps - shortest.left_out.size());
  for (const std::string& line : again.words) text += "  " + line + "\n";
  return text;
}

}  // namespace mediafs::simulation
