// World, the part that says what can happen in a step.
#include <algorithm>

#include "store/simulation/world.h"

namespace mediafs::simulation {

namespace {

constexpr std::uint64_t kOtherMemories[] = {2_MiB, 4_MiB, 16_MiB};
constexpr Duration kCommitDelays[] = {Duration(0), Duration(0), Duration(5), Duration(200), Duration(3'000)};

/// Mostly as short as a request is, so that steps meet each other's consequences.
SteadyTime::duration draw_time(Random& random) {
  const std::uint64_t kind = random.below(1000);
  if (kind < 300) return std::chrono::microseconds(random.below(2'000));
  if (kind < 800) return std::chrono::microseconds(random.below(8'000));
  if (kind < 970) return Duration(random.below(60));
  if (kind < 996) return Duration(random.below(1'500));
  return Duration(random.below(40'000));
}

}  // namespace

const World::Choice World::kChoices[] = {
    {700, &World::let_somebody_read}, {30, &World::look_up},
    {30, &World::fetch_some_ahead},   {30, &World::touch_cache},
    {12, &World::turn_weather},       {10, &World::change_media},
    {8, &World::remove_or_return},    {10, &World::erase_something},
    {15, &World::list_some},          {2, &World::restart},
    {20, &World::pass_time},
};

void World::make_step(std::uint64_t number) {
  Random random(mix(mix(course_.seed, 3), number));
  origin_.begin_step(random.next());
  jitter_ = Random(random.next());
  std::uint64_t all = 0;
  for (const Choice& choice : kChoices) all += choice.weight;
  std::uint64_t place = random.below(all);
  const Choice* choice = kChoices;
  while (place >= choice->weight) place -= (choice++)->weight;
  trace_.event(30, number);
  trace_.say("step {}", number);
  note_cache_losses();
  (this->*choice->step)(random);
  let_pass(draw_time(random));
  check();
}

void World::pass_time(Random& random) {
  let_pass(Duration(random.below(6'000)));
}

void World::let_somebody_read(Random& random) {
  Reader& reader = readers_[random.below(readers_.size())];
  if (reader.media == nullptr) return open(reader, any_media(random));
  if (reader.item == nullptr) {  // it waits for its open
    if (random.in_1000(60)) kill(reader);
    return;
  }
  begin_reading(reader, random);
}

/// Without opening it, as for its size.
void World::look_up(Random& random) {
  OriginMedia& media = any_media(random);
  trace_.say("somebody looks up {}", media.what);
  const auto question = model_.ask(Question::Kind::find, media);
  const auto done = [this, question](const Result<MediaItemRef>& item) { model_.answer(*question, item); };
  random.in_1000(500) ? store_->find(media.id, done) : store_->confirm(media.id, done);
}

void World::turn_weather(Random& random) {
  const Weather weather = draw_weather(random);
  trace_.say("the weather: {}", weather.name);
  origin_.set_weather(weather);
}

void World::add_version(OriginMedia& media, Random& random, bool same_size) {
  Version version = media.versions.back();
  const std::uint64_t number = ++last_version_;
  version.seed = mix(course_.seed, 1'000 + number);
  if (!version.etag.empty()) version.etag = fmt::format("\"{}\"", number);
  if (!same_size)
    version.size = random.between(1, std::max<std::uint64_t>(media.versions[0].size, 1) + 200'000);
  media.add_version(version);
}

void World::change_media(Random& random) {
  OriginMedia& media = any_media(random);
  add_version(media, random, /*same_size=*/random.in_1000(500));
  trace_.say("the origin has version {} of {}, of {} bytes", media.current(), media.what,
             media.versions.back().size);
}

void World::remove_or_return(Random& random) {
  OriginMedia& media = any_media(random);
  media.present = !media.present;
  trace_.say("{} is {}", media.what, media.present ? "there again" : "gone at the origin");
}

void World::read_in_vain(OriginMedia& media, const MediaItemRef& erased) {
  const auto question = model_.ask(Question::Kind::read, media, erased, {0, 1});
  store_->read(erased, {0, 1},
               [this, question](const Result<Slices>& bytes) { model_.answer(*question, bytes); });
}

/// As Eraser does: listings that name it go first, or tell of it again.
void World::erase(OriginMedia& media, bool listings_first) {
  const auto item = catalog_->find(media.id);
  if (listings_first) {
    for (const ListingKey& key : catalog_->listings_with(media.id))
      catalog_->remove_from_listing(key, {media.id});
  }
  if (item && !item->from_listing_only()) model_.meet(*item);
  model_.is_being_erased(media);
  store_->erase(media.id);
  model_.erased(media);
  if (item && !item->from_listing_only() && item->size > 0) read_in_vain(media, item);
  media.forgotten = !model_.anybody_waits_for(media);  // who asks whether it is there asks for it then
}

void World::erase_something(Random& random) {
  OriginMedia& media = any_media(random);
  trace_.say("{} is erased here", media.what);
  erase(media, random.in_1000(700));
}

void World::fetch_some_ahead(Random& random) {
  std::vector<MediaId> ids;
  for (const auto& media : origin_.all()) {
    if (!random.in_1000(500)) continue;
    ids.push_back(media->id);
    media->forgotten = false;
  }
  trace_.say("{} media are fetched ahead", ids.size());
  store_->fetch_ahead(ids);
}

void World::list_some(Random& random) {
  Listing listing{.key = {ListingKind::session_media, *MediaId::parse("session-of-simulation-1")},
                  .listed = timer_.clock().wall_seconds()};
  for (const auto& media : origin_.all()) {
    const std::uint64_t size = media->versions.back().size;
    const std::uint64_t kind = random.below(4);
    if (kind == 0) continue;
    ListedMedia listed{.id = media->id, .content_type = "video/mp4"};
    if (kind == 1) listed.size = size;
    if (kind == 2) listed.size = size + random.below(100'000);
    listing.media.push_back(std::move(listed));
  }
  trace_.say("{} media are listed", listing.media.size());
  catalog_->remember_listing(std::move(listing));
}

void World::touch_cache(Random& random) {
  const std::uint64_t what = random.below(6);
  trace_.say("the cache: {}", what);
  note_cache_losses();
  if (what == 0) cache_.set_commit_delay(random.pick(kCommitDelays));
  if (what == 1) cache_.set_full(full_ = random.in_1000(400));
  if (what == 2) cache_.set_broken(broken_ = random.in_1000(400));
  if (what == 3) cache_.set_size_limit(random.in_1000(400) ? 4_MiB : 10_GiB);
  if (what == 4) cache_.evict(any_media(random).id);
  if (what == 5) cache_.settle();
}

void World::restart(Random& random) {
  trace_.say("a remount");
  stop();
  if (random.in_1000(500)) {
    options_.memory = random.pick(kOtherMemories);
    trace_.say("now with {} of memory", options_.memory);
  }
  check_cache();
  start();
}

}  // namespace mediafs::simulation
