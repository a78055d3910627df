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
constexpr Duration kLongestJob{12'000};  // where nobody waits: what is absent is believed so long
constexpr int kMostJobs = 20'000;

}  // namespace

void World::come_right() {
  note_cache_losses();
  cache_.set_full(full_ = false);
  cache_.set_broken(broken_ = false);
  cache_.set_commit_delay(Duration(0));
  cache_.set_size_limit(10_GiB);
  cache_.settle();
  for (const auto& media : origin_.all()) media->present = true;
  origin_.set_weather(calm());
  let_pass(kUntilAllAreAnswered);
  check();
  if (on() && model_.waiting() > 0) trace_.wrong("{} still wait after all faults", model_.waiting());
  let_pass(kUntilNothingIsRemembered);
  if (on() && options_.memory >= kLeastMemory && origin_.paused(small_here()) > 0)
    trace_.wrong("{} small media are not gone on with, though there is memory", origin_.paused(small_here()));
  for (const auto& media : origin_.all()) {
    if (on()) read_all(*media);
  }
  close_all();
  check_no_deadline_is_left();
  if (on()) come_to_rest();
  OriginMedia& one = *origin_.all()[course_.seed % origin_.all().size()];
  if (on()) check_economy(one);
  if (on()) check_rest(one);
  if (on()) check_memory_is_used();
  close_all();
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
/// Only a want of memory is a reason to pause what is so small. What is held back takes all that it needs at
/// once, and half of the memory is for what was used last: nobody has that give way for what nobody waits
/// for.
std::uint64_t World::small_here() const {
  return std::min(kSmallMedia, options_.memory / 4);
}

void World::check_no_deadline_is_left() {
  if (on() && model_.waiting() == 0 && timer_.last_due() > timer_.now() + kLongestJob)
    trace_.wrong("a job of the timer is left of what has been answered");
}

/// Who rests with the media open, and then reads on, has what came before no second time.
void World::check_rest(OriginMedia& media) {
  const std::uint64_t size = media.versions.back().size;
  if (options_.memory < kLeastMemory || size <= kSmallMedia) return;
  // All of it has to come before it can be opened; more than the memory keeps comes twice.
  if (!media.sized && !with_cache_) return;
  trace_.say("what a rest costs of {}", media.what);
  erase(media, /*listings_first=*/true);
  let_pass(std::chrono::seconds(1));
  const std::uint64_t before = media.bytes;
  Reader& reader = readers_.front();
  if (open_at_last(reader, media) == nullptr) return;
  read_in_order(reader, 0, 2_MiB);
  let_pass(std::chrono::seconds(12));  // streams that are paused are dropped after 5
  read_in_order(reader, 2_MiB, size);
  close(reader);
  if (on() && media.bytes - before > size + kSlack)
    trace_.wrong("{}: {} bytes were sent for {}, with a rest", media.what, media.bytes - before, size);
}

void World::read_in_order(Reader& reader, std::uint64_t from, std::uint64_t to) {
  for (; from < to && on(); from += 128_KiB) {
    read(reader, {from, std::min(128_KiB, to - from)});
    const auto question = reader.questions.back();
    let_pass_until([&] { return question->answered; });
    if (on() && !question->answered_well) trace_.wrong("a read fails after all faults");
  }
}

/// What has to wait for memory goes on when the cache's writer, which was slow, has let go of some.
void World::check_memory_is_used() {
  if (!with_cache_) return;
  trace_.say("memory is short for a second");
  cache_.set_commit_delay(Duration(1'500));
  for (std::size_t i = 0; i < origin_.all().size(); ++i) {
    erase(*origin_.all()[i], /*listings_first=*/true);
    open(readers_[i], *origin_.all()[i]);
  }
  let_pass(std::chrono::seconds(2));
  cache_.set_commit_delay(Duration(0));
  cache_.settle();
  let_pass(std::chrono::seconds(2));  // less than it takes until they are dropped
  if (on() && options_.memory >= kLeastMemory && origin_.paused(small_here()) > 0)
    trace_.wrong("{} small media are not gone on with once memory is free", origin_.paused(small_here()));
}

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
