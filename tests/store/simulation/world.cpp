#include "store/simulation/world.h"

#include <algorithm>

namespace mediafs::simulation {

namespace {

struct MediaKind {
  std::string_view name;
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  bool is_signed = false;
  bool tagged = true;
  bool ranges = true;
  bool sized = true;
};

constexpr MediaKind kKinds[] = {
    {.name = "empty"},
    {.name = "small signed", .least = 1, .most = 4_MiB, .is_signed = true},
    {.name = "small signed without a tag",
     .least = 300'000,
     .most = 4_MiB,
     .is_signed = true,
     .tagged = false},
    {.name = "small", .least = 1, .most = 1_MiB},
    {.name = "small without a tag", .least = 1, .most = 3_MiB, .tagged = false},
    {.name = "large", .least = 8_MiB, .most = 12_MiB},
    {.name = "very large", .least = 16_MiB, .most = 24_MiB},
    {.name = "large signed", .least = 8_MiB, .most = 12_MiB, .is_signed = true},
    {.name = "large without a tag", .least = 8_MiB, .most = 10_MiB, .tagged = false},
    {.name = "large signed without a tag", .least = 8_MiB, .most = 9_MiB, .is_signed = true, .tagged = false},
    {.name = "large without ranges", .least = 8_MiB, .most = 12_MiB, .ranges = false},
    {.name = "large signed without ranges",
     .least = 8_MiB,
     .most = 12_MiB,
     .is_signed = true,
     .ranges = false},
    {.name = "without a length", .least = 0, .most = 6_MiB, .is_signed = true, .sized = false},
    {.name = "large without a length", .least = 8_MiB, .most = 9_MiB, .sized = false},
    {.name = "without a length or a tag",
     .least = 1,
     .most = 9_MiB,
     .tagged = false,
     .ranges = false,
     .sized = false},
};

constexpr std::size_t kMedia = 4;
constexpr std::size_t kReaders = 6;
constexpr std::uint64_t kMemories[] = {2_MiB, 4_MiB, 8_MiB, 16_MiB, 16_MiB};
constexpr std::uint64_t kStreamsKept[] = {128, 128, 3};
constexpr int kMostJobsAtOnce = 10'000;
constexpr Duration kRevalidate{60'000};

}  // namespace

World::World(const Course& course)
    : course_(course),
      trace_(timer_.clock(), course.in_words),
      origin_(timer_, trace_, mix(course.seed, 1)),
      model_(trace_, origin_, timer_.clock()),
      jitter_(course.seed) {
  Random random(mix(course.seed, 2));
  make_media(random);
  readers_.resize(kReaders);
  with_cache_ = random.in_1000(800);
  options_.memory = random.pick(kMemories);
  options_.revalidate = kRevalidate;
  options_.jitter = [this] { return 0.5 + jitter_.fraction() / 2; };  // SimulatedOrigin::kShortestPause
  options_.streams_kept = random.pick(kStreamsKept);
  origin_.on_change(
      [this](OriginMedia& media, Random& drawn) { add_version(media, drawn, drawn.in_1000(500)); });
  trace_.say("{} of memory, {}", options_.memory, with_cache_ ? "a cache" : "no cache");
  start();
}

World::~World() {
  if (store_) stop();
}

void World::make_media(Random& random) {
  for (std::size_t i = 0; i < kMedia; ++i) {
    const MediaKind& kind = random.pick(kKinds);
    const std::string name = fmt::format("media-of-simulation-{}", i);
    OriginMedia& media = origin_.add(*MediaId::parse(name), fmt::format("{} ({})", i, kind.name));
    media.ranges = kind.ranges;
    media.sized = kind.sized;
    const std::uint64_t number = ++last_version_;
    media.add_version({.seed = mix(course_.seed, 1'000 + number),
                       .size = random.between(kind.least, kind.most),
                       .etag = kind.tagged ? fmt::format("\"{}\"", number) : std::string(),
                       .is_signed = kind.is_signed});
    trace_.say("media {}: {} bytes", media.what, media.versions[0].size);
  }
}

void World::start() {
  MediaCache* const cache = with_cache_ ? &cache_ : nullptr;
  catalog_.emplace(Catalog::Options{}, cache, timer_.clock());
  store_.emplace(options_, origin_, cache, *catalog_, timer_);
  model_.use(&*catalog_);
  model_.store_starts();
  store_->on_change([this](const MediaId& id) { trace_.event(20, origin_.media(id).versions.size()); });
  store_->on_gone([this](const MediaId& id, const std::function<void()>& then) {
    erase(origin_.media(id), /*listings_first=*/true);
    then();
  });
}

/// As at an unmount: whoever waits is answered, what is under way ends, and what is queued is written.
void World::stop() {
  model_.store_stops();
  store_->stop();
  if (model_.waiting() > 0) trace_.wrong("{} are not answered when the store stops", model_.waiting());
  timer_.advance(std::chrono::seconds(1));
  if (origin_.under_way() > 0)
    trace_.wrong("{} requests go on after the store has stopped", origin_.under_way());
  timer_.drop_jobs();
  cache_.settle();
  model_.use(nullptr);
  for (Reader& reader : readers_) reader = Reader{.life = reader.life + 1};
  store_.reset();
  catalog_.reset();
}

void World::check() {
  model_.check_nobody_is_forgotten();
}

/// A full cache drops what it has taken too, when its writer comes to it.
void World::note_cache_losses() {
  if (broken_ || full_) model_.cache_loses();
}

/// False: nothing is left to happen until then, or something is wrong.
bool World::run_next(SteadyTime last) {
  note_cache_losses();
  const SteadyTime before = timer_.now();
  if (!on() || !timer_.run_next(last)) return false;
  jobs_at_once_ = timer_.now() == before ? jobs_at_once_ + 1 : 0;
  if (jobs_at_once_ > kMostJobsAtOnce) trace_.wrong("it goes round in circles, and no time passes");
  return on();
}

void World::let_pass(SteadyTime::duration time) {
  const SteadyTime last = timer_.now() + time;
  while (run_next(last)) {
  }
  if (on()) timer_.advance(last - timer_.now());
}

OriginMedia& World::any_media(Random& random) {
  return *origin_.all()[random.below(origin_.all().size())];
}

Outcome World::run() {
  std::uint64_t step = 0;
  for (; step < course_.steps && on(); ++step) {
    if (!course_.left_out.contains(step)) make_step(step);
  }
  if (on()) {
    trace_.say("the end: the faults are over");
    come_right();
  }
  return {.hash = trace_.hash(),
          .finding = trace_.finding(),
          .failed_step = step,
          .answers = model_.answered(),
          .words = trace_.words()};
}

}  // namespace mediafs::simulation
