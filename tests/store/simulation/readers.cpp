// World, the part that reads.
#include <algorithm>

#include "store/simulation/world.h"

namespace mediafs::simulation {

namespace {

constexpr std::uint64_t kReadLengths[] = {4'096, 65'536, 128_KiB, 128_KiB, 128_KiB, 256_KiB, 1_MiB};
constexpr std::size_t kMostReads = 8;  // of one reader at a time

}  // namespace

void World::open(Reader& reader, OriginMedia& media) {
  trace_.say("reader {} opens {}", &reader - readers_.data(), media.what);
  reader.media = &media;
  const auto question = model_.ask(Question::Kind::open, media);
  reader.questions.push_back(question);
  store_->confirm_to_open(
      media.id,
      [this, &reader, &media, life = reader.life, question](const Result<MediaItemRef>& item) {
        model_.answer(*question, item);
        if (reader.life != life) return;
        if (item) return opened(reader, media);
        reader.media = nullptr;
        ++reader.life;
      },
      reader.stop.get_token());
}

/// As Filesystem does: it may be found then that what is here cannot be continued.
void World::opened(Reader& reader, OriginMedia& media) {
  store_->opened(media.id);
  auto item = catalog_->find(media.id);
  if (!item || item->from_listing_only()) {
    model_.judge_stale(media, timer_.now(), store_->why_stale(media.id).code);
    store_->closed(media.id);
    reader.media = nullptr;
    ++reader.life;
    return;
  }
  model_.meet(*item);
  reader.item = std::move(item);
  reader.position = 0;
}

void World::read(Reader& reader, ByteRange range) {
  range = clipped(range, reader.item->size);
  std::erase_if(reader.questions, [](const auto& question) { return question->answered; });
  if (range.empty() || reader.questions.size() >= kMostReads) return;
  trace_.say("reader {} reads {} from {} on of {}", &reader - readers_.data(), range.length, range.offset,
             reader.media->what);
  const auto question = model_.ask(Question::Kind::read, *reader.media, reader.item, range);
  reader.questions.push_back(question);
  store_->read(
      reader.item, range, [this, question](const Result<Slices>& bytes) { model_.answer(*question, bytes); },
      reader.stop.get_token());
}

void World::begin_reading(Reader& reader, Random& random) {
  const std::uint64_t what = random.below(1000);
  const bool failing = reader.item->revision != Revision{} && [&] {
    const auto now = catalog_->find(reader.media->id);
    return !now || now->revision != reader.item->revision;
  }();
  if (failing && what < 200) return close(reader);
  if (what < 600) return read_on(reader, random);
  if (what < 720) return read_ahead_out_of_order(reader, random);
  if (what < 880) return read_anywhere(reader, random);
  if (what < 940) {
    reader.position = random.below(reader.item->size + 1);
    return read_on(reader, random);
  }
  if (what < 970) return kill(reader);
  close(reader);
}

void World::read_on(Reader& reader, Random& random) {
  const std::uint64_t length = random.pick(kReadLengths);
  if (reader.position >= reader.item->size) reader.position = 0;
  read(reader, {reader.position, length});
  reader.position += length;
}

/// Pieces of the kernel's read-ahead, by way of several threads.
void World::read_ahead_out_of_order(Reader& reader, Random& random) {
  const std::uint64_t pieces = random.between(2, 4);
  const std::uint64_t first = random.below(pieces);
  for (std::uint64_t i = 0; i < pieces; ++i) {
    const std::uint64_t place = (first + pieces - i) % pieces;
    read(reader, {reader.position + place * 128_KiB, 128_KiB});
  }
  reader.position += pieces * 128_KiB;
}

void World::read_anywhere(Reader& reader, Random& random) {
  if (reader.item->size == 0) return;
  const bool at_the_end = random.in_1000(200);
  const std::uint64_t offset = at_the_end ? reader.item->size - 1 : random.below(reader.item->size);
  read(reader,
       {offset - std::min<std::uint64_t>(offset, at_the_end ? 5'000 : 0), random.between(1, 100'000)});
}

void World::close(Reader& reader) {
  if (reader.media == nullptr) return;
  trace_.say("reader {} closes {}", &reader - readers_.data(), reader.media->what);
  const MediaId id = reader.media->id;
  const bool was_open = reader.item != nullptr;
  reader = Reader{.life = reader.life + 1};
  if (was_open) store_->closed(id);
}

/// It waits for nothing any more; what it has open is closed, in the end.
void World::kill(Reader& reader) {
  trace_.say("reader {} is killed", &reader - readers_.data());
  for (const auto& question : reader.questions) model_.stop(question);
  std::stop_source stop = std::exchange(reader.stop, std::stop_source());
  stop.request_stop();
}

void World::close_all() {
  for (Reader& reader : readers_) close(reader);
}

}  // namespace mediafs::simulation
