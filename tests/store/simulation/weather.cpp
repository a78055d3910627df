#include "store/simulation/weather.h"

#include <algorithm>

namespace mediafs::simulation {

namespace {

constexpr Errc kPasses[] = {Errc::unreachable, Errc::unavailable, Errc::untrusted, Errc::timed_out,
                            Errc::not_found_by_gateway};
constexpr Errc kDenies[] = {Errc::denied, Errc::outside_api, Errc::protocol, Errc::impossible_id};
constexpr Errc kSetbacks[] = {Errc::unreachable, Errc::unavailable, Errc::throttled, Errc::timed_out};
constexpr Errc kCuts[] = {Errc::unreachable, Errc::unavailable, Errc::timed_out, Errc::protocol};
constexpr Errc kRefusesRange[] = {Errc::protocol, Errc::invalid_argument, Errc::not_found, Errc::denied,
                                  Errc::not_found_by_gateway};

constexpr Weather kWeathers[] = {
    {.name = "bodies are cut", .cut = 500},
    {.name = "all bodies are cut early", .refused = 100, .cut = 1000},
    {.name = "requests fail", .refused = 500, .throttled = 100},
    {.name = "down", .refused = 1000},
    {.name = "throttled", .throttled = 700, .retried = 200},
    {.name = "denied", .denied = 600},
    {.name = "hangs", .hangs = 500, .retried = 200},
    {.name = "stalls", .stalls = 400, .slow = 100},
    {.name = "slow", .cut = 50, .slow = 700},
    {.name = "no ranges any more", .range_refused = 1000, .cut = 300},
    {.name = "ranges go wrong", .range_refused = 200, .range_whole = 300, .range_foreign = 200, .cut = 400},
    {.name = "versions change under way", .range_foreign = 700, .cut = 600, .changes = 500},
    {.name = "the whole for a range", .range_whole = 1000, .cut = 300},
    {.name = "corrupt", .cut = 200, .corrupt = 500},
    {.name = "corrupt and cut", .cut = 600, .corrupt = 800},
    {.name = "lengths go wrong", .unsized = 200, .cut = 200, .wrong_length = 300},
    {.name = "everything",
     .refused = 80,
     .denied = 30,
     .throttled = 50,
     .hangs = 40,
     .retried = 60,
     .range_refused = 100,
     .range_whole = 100,
     .range_foreign = 50,
     .unsized = 50,
     .cut = 200,
     .stalls = 60,
     .slow = 60,
     .corrupt = 60,
     .wrong_length = 40},
};

constexpr std::uint64_t kSpeeds[] = {3'000'000, 10'000'000, 10'000'000, 40'000'000, 200'000'000};
constexpr std::size_t kPieces[] = {16'384, 65'536, 100'001, 131'072, 131'072, 262'144};

Duration a_while(Random& random) {
  return Duration(random.in_1000(800) ? random.below(30) : random.below(1500));
}

void draw_start(Plan& plan, Random& random, const Weather& weather) {
  if (random.in_1000(weather.refused)) {
    plan.start = Plan::Start::fails;
    plan.failure = random.pick(kPasses);
  } else if (random.in_1000(weather.denied)) {
    plan.start = Plan::Start::fails;
    plan.failure = random.pick(kDenies);
  } else if (random.in_1000(weather.throttled)) {
    plan.start = Plan::Start::fails;
    plan.failure = Errc::throttled;
  } else if (random.in_1000(weather.hangs)) {
    plan.start = Plan::Start::hangs;
  } else if (random.in_1000(weather.retried)) {
    plan.failure = random.pick(kSetbacks);
    if (random.in_1000(300)) plan.start = Plan::Start::hangs;
    plan.head_delay = Duration(random.between(100, 20'000));
  }
}

void draw_head(Plan& plan, Random& random, const Weather& weather) {
  if (random.in_1000(weather.range_refused)) plan.range_failure = random.pick(kRefusesRange);
  plan.whole = random.in_1000(weather.range_whole);
  plan.foreign = random.in_1000(weather.range_foreign);
  plan.unsized = random.in_1000(weather.unsized);
}

/// Early as often as late: what has just begun is in another state than what is well under way.
std::uint64_t a_place(Random& random, std::uint64_t size) {
  if (random.in_1000(300)) return random.below(300'000);
  return random.below(std::max<std::uint64_t>(size, 1));
}

void draw_body(Plan& plan, Random& random, const Weather& weather, std::uint64_t size) {
  if (random.in_1000(weather.cut)) plan.cut_after = a_place(random, size);
  plan.cut = random.pick(kCuts);
  plan.changes = random.in_1000(weather.changes);
  if (random.in_1000(weather.stalls)) plan.stall_after = a_place(random, size);
  if (random.in_1000(weather.slow)) plan.bytes_per_second = random.between(1'000, 400'000);
  if (random.in_1000(weather.corrupt)) plan.flip_after = a_place(random, size);
  const bool cut_behind = plan.flip_after != Plan::kNowhere && plan.cut_after != Plan::kNowhere;
  if (cut_behind && random.in_1000(500))  // so that it is in the chunk that is never whole
    plan.flip_after = plan.cut_after - std::min(plan.cut_after, random.below(60'000));
  if (random.in_1000(weather.wrong_length)) (random.in_1000(500) ? plan.too_short : plan.too_long) = true;
}

}  // namespace

Weather calm() {
  return {};
}

Weather draw_weather(Random& random) {
  return random.in_1000(450) ? calm() : random.pick(kWeathers);
}

Plan draw_plan(Random& random, const Weather& weather, std::uint64_t size) {
  Plan plan;
  plan.head_delay = a_while(random);
  plan.bytes_per_second = random.pick(kSpeeds);
  plan.piece = random.pick(kPieces);
  plan.crumbs = random.in_1000(100) ? static_cast<int>(random.below(5)) : 0;
  draw_start(plan, random, weather);
  draw_head(plan, random, weather);
  draw_body(plan, random, weather, size);
  return plan;
}

}  // namespace mediafs::simulation
