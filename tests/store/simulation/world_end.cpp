// World, the part that looks whether everything comes right when the faults are over.
#include <algorithm>

#include "store/simulation/world.h"

namespace mediafs::simulation {

namespace {

constexpr std::uint64_t kPiece = 1_MiB;
constexpr Duration kUntilAllAreAnswered{34'000};
constexpr Duration kUntilNothingIsRemembered{11'000};  // a failure, or that there is no such media
constexpr std::uint64_t kSlack = 512_KiB;              // what one reader may cost beyond the media's size
constexpr std::uint64_t kLeastMemory = 16_MiB;         // that a mount takes
constexpr int kMostJobs = 20'000;

}  // namespace

void World::come_right() {
  cache_.set_full(false);
  if (std::exchange(broken_, false)) model_.cache_loses();
  cache_.set_broken(false);
  cache_.set_commit_delay(Duration(0));
  cache_.set_size_limit(10_GiB);
  cache_.settle();
  for (const auto& media : origin_.all()) media->present = true;
  origin_.set_weather(calm());
  let_pass(kUntilAllAreAnswered);
  check();
  if (on() && model_.waiting() > 0) trace_.wrong("{} still wait after all faults", model_.waiting());
  let_pass(kUntilNothingIsRemembered);
  if (on() && options_.memory >= kLeastMemory && origin_.small_ones_paused() > 0)
    trace_.wrong("{} small media are not gone on with, though there is memory", origin_.small_ones_paused());
  for (const auto& media : origin_.all()) {
    if (on()) read_all(*media);
  }
  close_all();
  if (on()) come_to_rest();
  if (on()) check_economy(*origin_.all()[course_.seed % origin_.all().size()]);
  if (on()) come_to_rest();
  if (on()) stop();
  if (on()) check_cache();
}

/// What has changed at the origin is noticed at the first read, at most once for each thing that is known.
void World::read_all(OriginMedia& media) {
  Reader& reader = readers_.front();
  close(reader);
  for (int tries = 0; tries < 3 && on(); ++tries) {
    if (open_at_last(reader, media) == nullptr) return;
    const bool whole = read_whole(reader);
    close(reader);
    if (whole) return;
    let_pass(std::chrono::seconds(2));  // until a failure is not remembered any more
  }
  if (on()) trace_.wrong("{} cannot be read after all faults", media.what);
}

MediaItemRef World::open_at_last(Reader& reader, OriginMedia& media) {
  for (int tries = 0; tries < 3 && on(); ++tries) {
    open(reader, media);
    let_pass_until([&] { return reader.media == nullptr || reader.item != nullptr; });
    check();
    if (reader.item != nullptr) return reader.item;
    let_pass(std::chrono::seconds(2));
  }
  if (on()) trace_.wrong("{} cannot be opened after all faults", media.what);
  return nullptr;
}

/// False: its version is no more.
bool World::read_whole(Reader& reader) {
  const MediaItemRef item = reader.item;
  for (std::uint64_t offset = 0; offset < item->size && on(); offset += kPiece) {
    read(reader, {offset, kPiece});
    const auto question = reader.questions.back();
    let_pass_until([&] { return question->answered; });
    check();
    const auto now = catalog_->find(item->id);
    if (!now || now->revision != item->revision) return false;
    if (on() && !question->answered_well)
      trace_.wrong("a read of {} fails after all faults", reader.media->what);
  }
  return on();
}

/// One reader in order costs the media once; what is kept costs nothing.
void World::check_economy(OriginMedia& media) {
  trace_.say("what {} costs", media.what);
  erase(media, /*listings_first=*/true);
  let_pass(std::chrono::seconds(1));
  // Less memory than a small media takes has the cache skip some of it, rather than more be taken.
  const bool is_kept = with_cache_ && options_.memory >= kLeastMemory;
  Reader& reader = readers_.front();
  const std::uint64_t before = media.bytes;
  read_all(media);
  const std::uint64_t size = media.versions.back().size;
  if (on() && is_kept && media.bytes - before > size + kSlack)
    trace_.wrong("{}: {} bytes were sent for {}", media.what, media.bytes - before, size);
  let_pass(std::chrono::seconds(20));
  const std::uint64_t requests = media.requests;
  if (on()) read_all(media);
  if (on() && is_kept && media.requests != requests)
    trace_.wrong("{}: {} requests for what is kept", media.what, media.requests - requests);
  close(reader);
}

void World::come_to_rest() {
  let_pass(std::chrono::seconds(40));
  if (!on()) return;
  if (store_->under_way() > 0)
    trace_.wrong("{} are under way though nobody wants anything", store_->under_way());
  if (origin_.under_way() > 0) trace_.wrong("{} requests that nobody wants", origin_.under_way());
  for (int jobs = 0; jobs < kMostJobs; ++jobs) {
    if (!run_next()) return;
  }
  trace_.wrong("the timer does not come to rest");
}

/// Nothing of what is no more stands in the cache, once what was queued is written.
void World::check_cache() {
  if (!with_cache_) return;
  for (const Model::Gone& gone : model_.gone()) {
    if (cache_.chunks_of(gone.id, gone.revision) > 0)
      trace_.wrong("{} chunks in the cache of what is no more", cache_.chunks_of(gone.id, gone.revision));
  }
  if (cache_.unfounded() > 0) trace_.wrong("{} items said to be complete that are not", cache_.unfounded());
}

}  // namespace mediafs::simulation
