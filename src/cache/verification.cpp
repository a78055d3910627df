#include "cache/verification.h"

#include <algorithm>
#include <iterator>
#include <thread>
#include <unordered_set>

#include "cache/chunk_reader.h"

namespace mediafs {

namespace {

constexpr auto kAskEvery = std::chrono::milliseconds(50);

/// A media is not evicted while it is verified.
class Pin {
 public:
  Pin(Ledger& ledger, const MediaId& id) : ledger_(ledger), id_(id) { ledger_.pin(id_); }
  ~Pin() { ledger_.unpin(id_); }
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;

 private:
  Ledger& ledger_;
  const MediaId& id_;
};

std::uint64_t bytes_kept(const Ledger& ledger) {
  return ledger.chunks() * kChunkRecordSize;
}

}  // namespace

Verification::Verification(const CacheParts& parts, std::function<void(CacheWriter::Job)> drop,
                           std::function<LoadedCatalog()> load_at_rest, std::uint64_t bytes_per_second)
    : parts_(parts),
      drop_(std::move(drop)),
      load_at_rest_(std::move(load_at_rest)),
      bytes_per_second_(bytes_per_second),
      began_(steady_now()),
      room_(new std::byte[kChunkSize]) {}

Cache::Verified Verification::run(Progress progress) {
  progress_ = std::move(progress);
  const LoadedCatalog loaded = load_catalog(parts_.keyring, parts_.sealing, parts_.catalog);
  check_catalog(loaded);
  for (const LoadedItem& item : loaded.items) {
    check_media(item);
    if (outcome_.ended_early) break;
  }
  return outcome_;
}

void Verification::check_catalog(const LoadedCatalog& loaded) {
  const std::vector<std::string> bad = still_unreadable(loaded.unreadable);
  outcome_.records = loaded.items.size() + loaded.listings.size() + bad.size();
  outcome_.bad = bad.size() + (loaded.whole ? 0 : 1);
  for (const std::string& name : bad) drop_(CacheWriter::Unreadable{name});
}

/// The key of what is erased or evicted goes before its record.
std::vector<std::string> Verification::still_unreadable(const std::vector<std::string>& names) const {
  if (names.empty()) return {};
  const LoadedCatalog now = load_at_rest_();
  const std::unordered_set<std::string> before(names.begin(), names.end());
  std::vector<std::string> both;
  std::copy_if(now.unreadable.begin(), now.unreadable.end(), std::back_inserter(both),
               [&](const std::string& name) { return before.contains(name); });
  return both;
}

void Verification::check_media(const LoadedItem& item) {
  const MediaItem& media = item.stored.item;
  const Pin pin(parts_.ledger, media.id);
  const auto version = parts_.ledger.find(media.revision);
  const auto key = version && version->slot ? parts_.keyring.key_in(*version->slot) : std::nullopt;
  if (!key || version->chunks == 0) return;  // evicted or erased since
  const std::uint32_t count = chunk_count(media.size);
  for (std::uint32_t index = 0; index < count && go_on(); ++index) {
    if (check_chunk(item, *key, ChunkIndex{index})) continue;
    if (!parts_.ledger.find(media.revision)) return;  // erased meanwhile
    ++outcome_.bad;
    drop_(CacheWriter::CorruptChunk{media.id, {media.revision, ChunkIndex{index}}});
  }
}

bool Verification::check_chunk(const LoadedItem& item, const SecretKey& key, ChunkIndex index) {
  const MediaItem& media = item.stored.item;
  const auto found =
      open_chunk(parts_, key, media.id, {media.revision, index}, {0, kChunkSize}, {room_.get(), kChunkSize});
  if (found == ChunkFound::nothing) return !media.complete;  // of what is whole, nothing may be missing
  ++outcome_.records;
  done_ += kChunkRecordSize;
  keep_to_the_rate();
  return found == ChunkFound::whole;
}

bool Verification::go_on() {
  if (steady_now() < ask_at_ || outcome_.ended_early) return !outcome_.ended_early;
  ask_at_ = steady_now() + kAskEvery;
  outcome_.ended_early = !progress_(done_, std::max(done_, bytes_kept(parts_.ledger)));
  return !outcome_.ended_early;
}

void Verification::keep_to_the_rate() {
  if (bytes_per_second_ == 0) return;
  const auto due = began_ + std::chrono::duration_cast<SteadyTime::duration>(std::chrono::duration<double>(
                                static_cast<double>(done_) / static_cast<double>(bytes_per_second_)));
  while (steady_now() < due && go_on()) {
    std::this_thread::sleep_until(std::min(due, steady_now() + kAskEvery));
  }
}

}  // namespace mediafs
