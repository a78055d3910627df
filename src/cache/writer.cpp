#include "cache/writer.h"

#include <algorithm>
#include <limits>

#include "mediafs/base/log.h"

namespace mediafs {

namespace {

constexpr std::size_t kBatch = 32;  // 4 MiB a transaction: more adds latency, not throughput
constexpr std::size_t kAttemptsToFit = 3;
constexpr std::size_t kEverything = std::numeric_limits<std::size_t>::max();
constexpr auto kIdleBeforeFlush = std::chrono::seconds(1);
constexpr auto kRetryWhenFailed = std::chrono::seconds(10);
constexpr auto kRetryWhenInUse = std::chrono::seconds(1);
constexpr auto kSaveUsesEvery = std::chrono::seconds(60);

/// Whether it has records of the catalog to write.
bool is_record(const CacheWriter::Job& job) {
  return std::holds_alternative<MediaItem>(job) || std::holds_alternative<CacheWriter::Renewed>(job) ||
         std::holds_alternative<ListingRef>(job) ||
         std::holds_alternative<CacheWriter::RemovedFromListing>(job) ||
         std::holds_alternative<CacheWriter::Forget>(job) ||
         std::holds_alternative<CacheWriter::ForgetListing>(job) ||
         std::holds_alternative<CacheWriter::Unreadable>(job);
}

}  // namespace

CacheWriter::CacheWriter(const CacheParts& parts, Housekeeping& housekeeping)
    : parts_(parts),
      housekeeping_(housekeeping),
      save_uses_at_(steady_now() + kSaveUsesEvery),
      thread_([this] { run(); }) {}

CacheWriter::~CacheWriter() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  work_.notify_all();
}

void CacheWriter::enqueue(Job job) {
  const MutexLock lock(mutex_);
  if (const auto* chunk = std::get_if<Chunk>(&job)) queued_[chunk->key] = chunk->bytes;
  jobs_.push_back(std::move(job));
  ++enqueued_;
  work_.notify_all();
}

ConstBuffer CacheWriter::queued(ChunkKey key) {
  const MutexLock lock(mutex_);
  const auto found = queued_.find(key);
  return found == queued_.end() ? nullptr : found->second;
}

std::uint64_t CacheWriter::backlog() {
  const MutexLock lock(mutex_);
  return queued_.size() * kChunkSize;
}

void CacheWriter::settle_until(SteadyTime give_up) {
  const MutexLock lock(mutex_);
  const std::uint64_t target = enqueued_;
  while (finished_ < target && steady_now() < give_up) {
    if (give_up == SteadyTime::max()) {
      done_.wait(mutex_);
    } else {
      done_.wait_until(mutex_, give_up);
    }
  }
}

Journal::Progress CacheWriter::progress() {
  const MutexLock lock(mutex_);
  return {.queued = enqueued_, .committed = finished_};
}

std::string CacheWriter::trouble() {
  const MutexLock lock(mutex_);
  return troubles_.front().empty() ? troubles_.back() : troubles_.front();
}

void CacheWriter::run() {
  housekeeping_.erase_ownerless();
  static_cast<void>(make_room(0));  // the limit may be lower than it was
  mutex_.lock();
  ++finished_;
  done_.notify_all();
  while (wait_for_work()) {
    std::vector<Job> batch = take_batch();
    const bool idle = batch.empty();
    mutex_.unlock();
    if (!idle) write(batch);
    batch.clear();  // before the lock: a stream may be waiting for the chunks' memory
    if (steady_now() >= save_uses_at_) {
      save_uses();
    } else if (idle) {
      flush();
    }
    mutex_.lock();
  }
  mutex_.unlock();
  housekeeping_.save_uses();
}

void CacheWriter::save_uses() {
  const bool saved = housekeeping_.save_uses();
  save_uses_at_ = steady_now() + kSaveUsesEvery;
  if (saved) flushed_ = false;
}

/// False when it is time to end. True with nothing queued: idle long enough to flush, or time to save.
bool CacheWriter::wait_for_work() {
  const SteadyTime idle = steady_now() + kIdleBeforeFlush;
  while (jobs_.empty()) {
    if (stopping_) return false;
    const SteadyTime next = flushed_ ? save_uses_at_ : std::min(idle, save_uses_at_);
    if (steady_now() >= next) return true;
    work_.wait_until(mutex_, next);
  }
  return true;
}

std::vector<CacheWriter::Job> CacheWriter::take_batch() {
  const auto count =
      static_cast<std::ptrdiff_t>(std::min(jobs_.size(), housekeeping_.per_transaction(kBatch)));
  std::vector<Job> batch(std::make_move_iterator(jobs_.begin()),
                         std::make_move_iterator(jobs_.begin() + count));
  jobs_.erase(jobs_.begin(), jobs_.begin() + count);
  return batch;
}

void CacheWriter::write(const std::vector<Job>& batch) {
  // Chunks first: an item that says "complete" is never on disk before the bytes it speaks of, nor without
  // them.
  write_chunks(batch);
  write_items(batch);
  for (const Job& job : batch) note_failure(Place::chunks, erase_rest(job));
  flushed_ = false;

  const MutexLock lock(mutex_);
  for (const Job& job : batch) {
    const auto* chunk = std::get_if<Chunk>(&job);
    if (chunk == nullptr) continue;
    const auto found = queued_.find(chunk->key);
    if (found == queued_.end() || found->second != chunk->bytes) continue;  // stored again meanwhile
    queued_.erase(found);
  }
  finished_ += batch.size();
  done_.notify_all();
}

void CacheWriter::write_chunks(const std::vector<Job>& batch) {
  std::vector<const Chunk*> chunks;
  for (const Job& job : batch) {
    if (const auto* chunk = std::get_if<Chunk>(&job)) chunks.push_back(chunk);
  }
  if (chunks.empty()) return;
  if (!accepts_chunks()) return;
  if (!make_room(chunks.size())) return refuse_chunks(kRetryWhenInUse);
  Added added;
  Status written = put_within_limit(chunks, added);
  if (!written && written.error().code == Errc::too_large) return refuse_chunks(kRetryWhenInUse);
  if (!written && written.error().code == Errc::no_space) {
    note(Place::chunks, written);
    housekeeping_.shrink();
    if (make_room(chunks.size())) written = put_within_limit(chunks, added);
  }
  note(Place::chunks, written);
  if (!written) return refuse_chunks(kRetryWhenFailed);
  for (const Revision revision : added) parts_.ledger.add_chunks(revision, 1);
}

/// Pages that LMDB has free may still be seen by a reader, or be in runs that are too short. Then this waits
/// for readers, frees more, and in the end writes nothing (Errc::too_large), so that the file does not grow.
Status CacheWriter::put_within_limit(const std::vector<const Chunk*>& chunks, Added& added) {
  Status written = put_chunks(chunks, added);
  for (std::size_t attempt = 1; attempt <= kAttemptsToFit; ++attempt) {
    if (written || written.error().code != Errc::too_large) break;
    if (!make_room(attempt * chunks.size())) break;
    if (Status reclaimed = housekeeping_.reclaim(); !reclaimed) return reclaimed;
    written = put_chunks(chunks, added);
  }
  return written;
}

Status CacheWriter::put_chunks(const std::vector<const Chunk*>& chunks, Added& added) {
  // Where it has outgrown the others meanwhile, it stays as it is.
  const std::uint64_t most = std::max(housekeeping_.most_bytes(), parts_.chunks.size());
  return parts_.chunks.write([&](Environment::Writer& writer) -> Status {
    added.clear();
    for (const Chunk* chunk : chunks) {
      const auto version = version_of(chunk->id, chunk->key.revision, parts_.clock.now());
      if (!version) return version.error();
      const auto key = version->slot ? parts_.keyring.key_in(*version->slot) : std::nullopt;
      if (!key) continue;  // erased meanwhile
      const std::string name = parts_.sealing.chunk_name(chunk->id, chunk->key);
      const auto put = writer.put_reserved(bytes_of(name), kChunkRecordSize, [&](MutableBytes record) {
        parts_.sealing.seal_chunk(*key, chunk->id, chunk->key, ByteView(chunk->bytes.get(), kChunkSize),
                                  record);
      });
      if (!put) return put.error();
      if (*put == Environment::Writer::Put::added) added.push_back(chunk->key.revision);
      if (writer.reach() > most) return Error{Errc::too_large, "the cache's size"};
    }
    return ok_status();
  });
}

/// What is still queued for a version does not count as room that it could give.
bool CacheWriter::make_room(std::uint64_t chunks) {
  std::unordered_set<Revision> busy;
  {
    const MutexLock lock(mutex_);
    for (const auto& [key, bytes] : queued_) busy.insert(key.revision);
  }
  return housekeeping_.make_room(chunks, busy);
}

void CacheWriter::refuse_chunks(std::chrono::seconds time) {
  refuse_until_ = steady_now() + time;
}

/// The version as it is counted, with a new key where it has none yet.
Result<Ledger::Version> CacheWriter::version_of(const MediaId& id, Revision revision, UnixSeconds stored_at) {
  if (auto known = parts_.ledger.find(revision)) return *std::move(known);
  const auto slot = parts_.keyring.add();
  if (!slot) return slot.error();
  Ledger::Version version{.id = id,
                          .revision = revision,
                          .slot = *slot,
                          .stored_at = stored_at,
                          .last_used_at = parts_.clock.now()};
  parts_.ledger.add(version);
  return version;
}

void CacheWriter::write_items(const std::vector<Job>& batch) {
  std::vector<const Job*> records;
  for (const Job& job : batch) {
    if (is_record(job)) records.push_back(&job);
  }
  if (records.empty()) return;
  const Status written = write_records(records);
  note(Place::catalog, written);
  if (written || written.error().code != Errc::no_space) return;
  // Without the listings there may be room for the media.
  std::erase_if(records, [](const Job* job) {
    return std::holds_alternative<ListingRef>(*job) || std::holds_alternative<RemovedFromListing>(*job);
  });
  note_failure(Place::catalog, write_records(records));
}

Status CacheWriter::write_records(const std::vector<const Job*>& records) {
  return parts_.catalog.write([&](Environment::Writer& writer) -> Status {
    for (const Job* job : records) {
      if (Status written = write_record(writer, *job); !written) return written;
    }
    return ok_status();
  });
}

Status CacheWriter::write_record(Environment::Writer& writer, const Job& job) {
  const auto erase = [&](const std::string& name) -> Status {
    const auto erased = writer.erase_prefix(bytes_of(name), kEverything);
    return erased ? ok_status() : Status(erased.error());
  };
  const UnixSeconds now = parts_.clock.now();
  if (const auto* item = std::get_if<MediaItem>(&job)) return write_item(writer, *item, now);
  if (const auto* renewed = std::get_if<Renewed>(&job)) {
    const auto before = parts_.ledger.find(renewed->before);
    return write_item(writer, renewed->item, before ? before->stored_at : now);
  }
  if (const auto* listing = std::get_if<ListingRef>(&job)) return write_listing(writer, **listing, now);
  if (const auto* removed = std::get_if<RemovedFromListing>(&job))
    return write_rest_of_listing(writer, *removed->rest);
  if (const auto* forget = std::get_if<Forget>(&job)) return erase(parts_.sealing.item_name(forget->id));
  if (const auto* forget = std::get_if<ForgetListing>(&job)) return forget_listing(writer, forget->key);
  if (const auto* unreadable = std::get_if<Unreadable>(&job)) return erase(unreadable->name);
  return ok_status();
}

Status CacheWriter::write_listing(Environment::Writer& writer, const Listing& listing,
                                  UnixSeconds stored_at) {
  if (!parts_.ledger.find(listing.key)) {
    const auto slot = parts_.keyring.add();
    if (!slot) return slot.error();
    parts_.ledger.add(listing.key, {.slot = *slot, .stored_at = stored_at});
  }
  const auto place = parts_.ledger.find(listing.key);
  const auto key = place ? parts_.keyring.key_in(place->slot) : std::nullopt;
  if (!key) return ok_status();  // erased meanwhile
  const std::vector<std::string> parts = parts_.sealing.seal_listing(*key, place->slot, listing, stored_at);
  const auto erased = writer.erase_prefix(bytes_of(parts_.sealing.listing_name(listing.key)), kEverything);
  if (!erased) return erased.error();
  for (std::uint32_t part = 0; part < parts.size(); ++part) {
    const std::string name = parts_.sealing.listing_part_name(listing.key, part);
    if (Status put = writer.put(bytes_of(name), bytes_of(parts[part])); !put) return put;
  }
  parts_.ledger.renew(listing.key, {.slot = place->slot, .stored_at = stored_at});
  return ok_status();
}

Status CacheWriter::write_rest_of_listing(Environment::Writer& writer, const Listing& rest) {
  const auto before = parts_.ledger.find(rest.key);
  if (Status forgotten = forget_listing(writer, rest.key); !forgotten) return forgotten;
  return write_listing(writer, rest, before ? before->stored_at : parts_.clock.now());
}

Status CacheWriter::forget_listing(Environment::Writer& writer, const ListingKey& key) {
  if (const auto place = parts_.ledger.remove(key)) {
    if (Status destroyed = parts_.keyring.destroy({&place->slot, 1}, Sync::no); !destroyed) return destroyed;
  }
  const auto erased = writer.erase_prefix(bytes_of(parts_.sealing.listing_name(key)), kEverything);
  return erased ? ok_status() : Status(erased.error());
}

Status CacheWriter::write_item(Environment::Writer& writer, const MediaItem& item, UnixSeconds stored_at) {
  const auto version = version_of(item.id, item.revision, stored_at);
  if (!version) return version.error();
  const auto key = version->slot ? parts_.keyring.key_in(*version->slot) : std::nullopt;
  if (!key) return ok_status();  // erased meanwhile
  StoredItem stored{.item = item, .stored_at = version->stored_at, .last_used_at = version->last_used_at};
  stored.item.complete = item.complete && housekeeping_.has_all(item);
  return writer.put(bytes_of(parts_.sealing.item_name(item.id)),
                    bytes_of(parts_.sealing.seal_item(*key, *version->slot, stored)));
}

/// What goes after everything else of its batch has been written.
Status CacheWriter::erase_rest(const Job& job) {
  if (const auto* dropped = std::get_if<Drop>(&job)) return drop(*dropped);
  if (const auto* renewed = std::get_if<Renewed>(&job)) return drop({renewed->item.id, renewed->before});
  if (const auto* corrupt = std::get_if<CorruptChunk>(&job))
    return housekeeping_.erase_chunk(corrupt->id, corrupt->key);
  return ok_status();
}

Status CacheWriter::drop(const Drop& drop) {
  const auto version = parts_.ledger.remove(drop.revision);
  Status destroyed = ok_status();
  if (version && version->slot) destroyed = parts_.keyring.destroy({&*version->slot, 1}, Sync::no);
  const Status erased = housekeeping_.erase_chunks(drop.id, drop.revision);
  return destroyed ? erased : destroyed;
}

/// What was written there last, and how that went.
void CacheWriter::note(Place where, const Status& outcome) {
  if (!outcome) return note_failure(where, outcome);
  const MutexLock lock(mutex_);
  troubles_[static_cast<std::size_t>(where)].clear();
}

void CacheWriter::note_failure(Place where, const Status& outcome) {
  if (outcome.ok()) return;
  if (!complained_) {
    log::warning("the cache cannot be written ({}: {}); reads go on without it",
                 to_string(outcome.error().code), outcome.error().context);
  }
  complained_ = true;
  const MutexLock lock(mutex_);
  troubles_[static_cast<std::size_t>(where)] =
      std::string(to_string(outcome.error().code)) + ": " + outcome.error().context;
}

/// So that little is left to sync at the end.
void CacheWriter::flush() {
  parts_.chunks.flush();
  parts_.catalog.flush();
  flushed_ = true;
}

}  // namespace mediafs
