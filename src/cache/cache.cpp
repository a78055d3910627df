#include "mediafs/cache/cache.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>

#include "cache/cache_files.h"
#include "cache/cache_parts.h"
#include "cache/chunk_reader.h"
#include "cache/database_file.h"
#include "cache/housekeeping.h"
#include "cache/lmdb_format.h"
#include "cache/loading.h"
#include "cache/verification.h"
#include "cache/writer.h"
#include "mediafs/base/log.h"
#include "mediafs/base/mutex.h"

namespace mediafs {

namespace {

constexpr std::uint64_t kCatalogMapSize = 16_GiB;  // address space, not disk
constexpr std::uint64_t kChunkMapSlack = 256_MiB;  // copy-on-write: deletes need pages too
constexpr Duration kSyncAtExit{1'000};

/// LMDB wants whole pages.
std::uint64_t chunk_map_size(std::uint64_t limit) {
  return (limit + kChunkMapSlack) / 1_MiB * 1_MiB;
}

struct Databases {
  std::unique_ptr<Keyring> keyring;
  std::unique_ptr<ReplaceableEnvironment> catalog;
  std::unique_ptr<ReplaceableEnvironment> chunks;
};

Result<std::unique_ptr<Keyring>> open_keyring(CacheDirectory& directory, const Cache::Options& options,
                                              const std::vector<SecretString>& secrets) {
  if (Status gone = Keyring::discard_unfinished(directory.keyring_path()); !gone) return gone.error();
  auto keyring = Keyring::open(directory.keyring_path(), secrets);
  if (!keyring && keyring.error().code == Errc::not_found) {
    directory.discard_databases();  // nothing opens them any more
    return Keyring::create(directory.keyring_path(), secrets.front(), options.api_key);
  }
  if (keyring && !(*keyring)->is_under(secrets.front())) {
    if (Status wrapped = (*keyring)->rewrap(secrets.front()); !wrapped) {
      log::warning("the cache's keys stay under an older secret: {}", wrapped.error().context);
    }
  }
  return keyring;
}

Result<Databases> open_databases(CacheDirectory& directory, const Cache::Options& options,
                                 const std::vector<SecretString>& secrets) {
  auto keyring = open_keyring(directory, options, secrets);
  if (!keyring) return keyring.error();
  if (Status kept = directory.discard_if_power_was_lost(); !kept) return kept.error();
  if (Status marked = directory.mark_dirty(); !marked) return marked.error();
  auto catalog = ReplaceableEnvironment::open(directory.catalog_path(), kCatalogMapSize);
  if (!catalog) return catalog.error();
  auto chunks = ReplaceableEnvironment::open(directory.chunks_path(), chunk_map_size(options.size_limit));
  if (!chunks) return chunks.error();
  return Databases{*std::move(keyring), *std::move(catalog), *std::move(chunks)};
}

Cache::Known known_of(LoadedCatalog&& loaded) {
  Cache::Known known;
  for (LoadedItem& item : loaded.items) known.items.push_back(std::move(item.stored.item));
  for (LoadedListing& listing : loaded.listings) known.listings.push_back(std::move(listing.listing));
  return known;
}

}  // namespace

/// The files of one cache, what is counted of them, and the thread that writes them.
class Cache::Files {
 public:
  Files(const Options& options, std::shared_ptr<CacheDirectory> held, Databases opened, LoadedCatalog loaded)
      : max_age(options.max_age),
        directory(std::move(held)),
        databases(std::move(opened)),
        sealing(databases.keyring->cache_key(), databases.keyring->id()),
        clock(loaded.latest),
        housekeeping(parts, options.size_limit, [this] { return directory->bytes_beside_chunks(); }) {
    const std::vector<std::string> unreadable = std::move(loaded.unreadable);
    databases.chunks->on_begun_anew([this] { ledger.remove_all_chunks(); });
    take_in(std::move(loaded), unreadable.size());
    housekeeping.recount();
    writer = std::make_unique<CacheWriter>(parts, housekeeping);
    for (const std::string& name : unreadable) writer->enqueue(CacheWriter::Unreadable{name});
  }

  ~Files() {
    writer.reset();
    const int keyring = databases.keyring->file();
    const auto chunks = databases.chunks->file();
    const auto catalog = databases.catalog->file();
    // Otherwise the mark stays dirty: that matters only if power is lost before the kernel has written it
    // all.
    if (chunks && catalog && synced_within(std::array{keyring, *chunks, *catalog}, kSyncAtExit)) {
      static_cast<void>(directory->mark_clean().ok());
    }
  }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  const std::chrono::seconds max_age;
  const std::shared_ptr<CacheDirectory> directory;
  Databases databases;
  const Sealing sealing;
  const RetentionClock clock;
  Ledger ledger;
  const CacheParts parts{*databases.keyring, sealing, ledger, clock, *databases.catalog, *databases.chunks};
  Housekeeping housekeeping;
  std::unique_ptr<CacheWriter> writer;
  Mutex erase_mutex{LockRank::cache_erase};  // held over each erasure
  std::optional<Known> known;                // until it is asked for
  std::atomic<std::uint64_t> hits = 0;
  std::atomic<std::uint64_t> misses = 0;
  std::atomic<std::uint64_t> bad = 0;  // of the misses

 private:
  /// Counts what there is; the keys of what is not known to be there are destroyed.
  void take_in(LoadedCatalog&& loaded, std::size_t unreadable) {
    if (!loaded.whole || unreadable > 0)
      log::warning("the cache's catalog has {} unreadable records, which are erased", unreadable);
    std::unordered_set<KeySlot> used;
    for (const LoadedItem& item : loaded.items) {
      const StoredItem& stored = item.stored;
      ledger.add({.id = stored.item.id,
                  .revision = stored.item.revision,
                  .slot = item.slot,
                  .stored_at = stored.stored_at,
                  .last_used_at = stored.last_used_at});
      used.insert(item.slot);
    }
    for (const LoadedListing& listing : loaded.listings) {
      ledger.add(listing.listing.key, {.slot = listing.slot, .stored_at = listing.stored_at});
      used.insert(listing.slot);
    }
    Status kept = databases.keyring->keep_only(used);
    if (kept && unreadable > 0) kept = databases.keyring->destroy({}, Sync::yes);  // as an erasure is
    if (!kept) log::warning("keys that nothing uses cannot be destroyed: {}", kept.error().context);
    known = known_of(std::move(loaded));
  }
};

Cache::Cache(std::unique_ptr<Files> files) : files_(std::move(files)) {}
Cache::~Cache() = default;

Result<std::unique_ptr<Cache::Files>> Cache::open_files(const Options& options,
                                                        const std::vector<SecretString>& secrets,
                                                        std::shared_ptr<CacheDirectory> directory) {
  auto databases = open_databases(*directory, options, secrets);
  if (!databases && databases.error().code == Errc::corrupt) {
    log::warning("the cache's files are damaged ({}); beginning a new one beside them",
                 databases.error().context);
    directory->set_aside();
    databases = open_databases(*directory, options, secrets);
  }
  if (!databases) return databases.error();
  const Sealing sealing(databases->keyring->cache_key(), databases->keyring->id());
  LoadedCatalog loaded = load_catalog(*databases->keyring, sealing, *databases->catalog);
  return std::make_unique<Files>(options, std::move(directory), *std::move(databases), std::move(loaded));
}

Result<std::unique_ptr<Cache>> Cache::open(const Options& options, const std::vector<SecretString>& secrets) {
  if (Status known = check_lmdb_in_use(); !known) return known.error();
  auto held = CacheDirectory::open(options.directory, options.any_filesystem, options.held, options.wait);
  if (!held) return held.error();
  const auto directory = std::make_shared<CacheDirectory>(*std::move(held));
  auto files = open_files(options, secrets, directory);
  if (!files) return files.error();
  if (directory->bytes_on_disk() > options.size_limit + options.size_limit / 20) {
    // The limit is lower than it was. LMDB's files never shrink by themselves.
    files->reset();  // which has evicted by now
    const Status compacted =
        Environment::compact(directory->chunks_path(), chunk_map_size(options.size_limit));
    if (!compacted) log::warning("the cache stays larger than it should: {}", compacted.error().context);
    files = open_files(options, secrets, directory);
    if (!files) return files.error();
  }
  std::unique_ptr<Cache> cache(new Cache(*std::move(files)));
  cache->erase_expired();
  return cache;
}

Status Cache::check(const std::string& directory, const std::vector<SecretString>& secrets) {
  const auto keyring = Keyring::open(CacheDirectory::keyring_in(directory), secrets);
  return keyring ? ok_status() : Status(keyring.error());
}

bool Cache::belongs_to(const std::string& directory, const SecretString& api_key) {
  return Keyring::belongs_to(CacheDirectory::keyring_in(directory), api_key);
}

std::uint64_t Cache::bytes_used(const std::string& directory) {
  return CacheDirectory::bytes_in(directory);
}

Status Cache::clear(const std::string& directory) {
  auto held = CacheDirectory::hold(directory);
  if (!held) return held.error();
  Status destroyed = wipe_file(held->keyring_path());
  if (Status unfinished = wipe_file(held->keyring_path() + ".new"); destroyed)
    destroyed = std::move(unfinished);
  held->discard_databases();
  if (Status set_aside = held->discard_set_aside(); destroyed) destroyed = std::move(set_aside);
  return destroyed;
}

/// Also what became too old while nobody had the cache open.
void Cache::erase_expired() {
  const Expired old = expired();
  if (old.media.empty() && old.listings.empty()) return;
  if (Status erased = erase(old.media, old.listings); !erased)
    log::warning("what is too old cannot be erased: {}", erased.error().context);
  const std::unordered_set<MediaId> media(old.media.begin(), old.media.end());
  const std::unordered_set<ListingKey> listings(old.listings.begin(), old.listings.end());
  std::erase_if(files_->known->items, [&](const MediaItem& item) { return media.contains(item.id); });
  std::erase_if(files_->known->listings,
                [&](const Listing& listing) { return listings.contains(listing.key); });
}

Cache::Known Cache::load() {
  if (files_->known) return *std::exchange(files_->known, std::nullopt);
  return known_of(load_catalog(files_->parts.keyring, files_->sealing, files_->parts.catalog));
}

bool Cache::read_chunk(const MediaItem& item, ChunkIndex index, ByteRange part, MutableBytes out) {
  const ChunkKey chunk{item.revision, index};
  const ConstBuffer queued = files_->writer->queued(chunk);
  // After the queue: a chunk that has left it meanwhile is one that the ledger knows.
  const auto slot = files_->ledger.use(item.revision, files_->clock.now());
  if (queued) {
    std::copy_n(queued.get() + part.offset, part.length,
                out.begin() + static_cast<std::ptrdiff_t>(part.offset));
    return true;
  }
  const auto key = slot ? files_->databases.keyring->key_in(*slot) : std::nullopt;
  const auto found = key ? open_chunk(files_->parts, *key, item.id, chunk, part, out) : ChunkFound::nothing;
  ++(found == ChunkFound::whole ? files_->hits : files_->misses);
  if (found == ChunkFound::corrupt) {
    const std::uint64_t bad = ++files_->bad;
    if (std::has_single_bit(bad))  // a rotten disk has very many
      log::warning("{} records of the cache have not matched their keys; their bytes are fetched again", bad);
  }
  return found == ChunkFound::whole;
}

void Cache::store_chunk(const MediaId& id, ChunkKey key, ConstBuffer bytes) {
  files_->writer->enqueue(CacheWriter::Chunk{id, key, std::move(bytes)});
}

std::uint64_t Cache::backlog() const {
  return files_->writer->backlog();
}

bool Cache::accepts_chunks() const {
  return files_->writer->accepts_chunks();
}

void Cache::store_item(MediaItem item) {
  files_->writer->enqueue(std::move(item));
}

void Cache::renew_item(MediaItem item, Revision before) {
  files_->writer->enqueue(CacheWriter::Renewed{std::move(item), before});
}

void Cache::forget_item(const MediaId& id) {
  files_->writer->enqueue(CacheWriter::Forget{id});
}

void Cache::store_listing(ListingRef listing) {
  files_->writer->enqueue(std::move(listing));
}

void Cache::remove_from_listing(ListingRef rest) {
  files_->writer->enqueue(CacheWriter::RemovedFromListing{std::move(rest)});
}

void Cache::forget_listing(const ListingKey& key) {
  files_->writer->enqueue(CacheWriter::ForgetListing{key});
}

std::uint64_t Cache::chunks_of(const MediaId& id, Revision revision) {
  const auto version = files_->ledger.find(revision);
  const bool readable = version && version->id == id && version->slot && !files_->databases.chunks->broken();
  return readable ? version->chunks : 0;
}

void Cache::drop(const MediaId& id, Revision revision) {
  files_->writer->enqueue(CacheWriter::Drop{id, revision});
}

bool Cache::has_room_for(std::uint64_t size) const {
  return files_->housekeeping.fits(size);
}

void Cache::pin(const MediaId& id) {
  files_->ledger.pin(id);
}

void Cache::unpin(const MediaId& id) {
  files_->ledger.unpin(id);
}

void Cache::on_incomplete(std::function<void(const MediaId&, Revision)> listener) {
  files_->housekeeping.on_incomplete(std::move(listener));
}

Status Cache::erase(const std::vector<MediaId>& media, const std::vector<ListingKey>& listings) {
  const MutexLock lock(files_->erase_mutex);
  Keyring& keyring = *files_->databases.keyring;
  const Ledger::DetachedKeys detached = files_->ledger.detach_keys(media, listings);
  static_cast<void>(keyring.destroy(detached.slots, Sync::no).ok());  // below it is tried again
  const Status set_aside = files_->directory->discard_set_aside();    // it may be under the same keys
  for (const Ledger::Version& version : detached.versions) drop(version.id, version.revision);
  for (const MediaId& id : media) forget_item(id);
  for (const ListingKey& key : listings) forget_listing(key);
  settle();  // what was dropped before may be on its way only now
  const Status durable = keyring.destroy({}, Sync::yes);
  return durable ? set_aside : durable;
}

Status Cache::erase_all() {
  std::vector<MediaId> media;
  for (const Ledger::Version& version : files_->ledger.versions()) media.push_back(version.id);
  return erase(media, files_->ledger.listings());
}

Cache::Expired Cache::expired() const {
  const Ledger::Old old = files_->ledger.stored_before(files_->clock.now() - files_->max_age.count());
  return {old.media, old.listings};
}

Status Cache::rotate(const std::vector<SecretString>& secrets) {
  Keyring& keyring = *files_->databases.keyring;
  return keyring.is_under(secrets.front()) ? ok_status() : keyring.rewrap(secrets.front());
}

Cache::Stats Cache::stats() const {
  const Ledger::Totals totals = files_->ledger.totals();
  Stats stats{.limit = files_->housekeeping.limit(),
              .used = files_->directory->bytes_on_disk(),
              .media = totals.media,
              .chunks = totals.chunks,
              .listings = totals.listings,
              .hits = files_->hits,
              .misses = files_->misses,
              .evictions = files_->housekeeping.evicted(),
              .trouble = files_->writer->trouble()};
  if (totals.oldest) stats.oldest = std::chrono::seconds(files_->clock.now() - *totals.oldest);
  return stats;
}

Cache::Verified Cache::verify(std::uint64_t bytes_per_second,
                              const std::function<bool(std::uint64_t, std::uint64_t)>& progress) {
  settle();
  Verification verification(
      files_->parts, [this](CacheWriter::Job job) { files_->writer->enqueue(std::move(job)); },
      [this] {
        const MutexLock lock(files_->erase_mutex);
        settle();
        return load_catalog(files_->parts.keyring, files_->sealing, files_->parts.catalog);
      },
      bytes_per_second);
  return verification.run(progress);
}

void Cache::settle() {
  files_->writer->settle_until(SteadyTime::max());
}

void Cache::settle_within(Duration time) {
  files_->writer->settle_until(steady_now() + time);
}

Journal::Progress Cache::progress() const {
  return files_->writer->progress();
}

std::vector<int> Cache::locks() const {
  return files_->directory->locks();
}

}  // namespace mediafs
