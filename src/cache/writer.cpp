#include "cache/writer.h"

#include <algorithm>
#include <limits>

#include "mediafs/base/log.h"

namespace mediafs {

namespace {

constexpr std::size_t kBatch = 32;  // 4 MiB a transaction: more adds latency, not throughput
constexpr std::size_t kErasedPerTransaction =
    64;  // larger free-list records want contiguous pages themselves
constexpr std::size_t kEverything = std::numeric_limits<std::size_t>::max();
constexpr auto kIdleBeforeSync = std::chrono::seconds(1);
constexpr auto kRetryWhenFull = std::chrono::seconds(10);

}  // namespace

CacheWriter::CacheWriter(const Sealing& sealing, Environment& catalog, Environment& chunks)
    : sealing_(sealing), catalog_(catalog), chunks_(chunks), thread_([this] { run(); }) {}

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

void CacheWriter::settle() {
  const MutexLock lock(mutex_);
  const std::uint64_t target = enqueued_;
  while (finished_ < target) done_.wait(mutex_);
}

std::uint64_t CacheWriter::unsynced() {
  const MutexLock lock(mutex_);
  return unsynced_;
}

bool CacheWriter::sync_failed() {
  const MutexLock lock(mutex_);
  return sync_failed_;
}

void CacheWriter::run() {
  mutex_.lock();
  while (wait_for_work()) {
    std::vector<Job> batch = take_batch();
    mutex_.unlock();
    if (batch.empty()) {
      sync_when_idle();
    } else {
      write(batch);
      batch.clear();  // before the lock: a stream may be waiting for the chunks' memory
    }
    mutex_.lock();
  }
  mutex_.unlock();
}

/// False when it is time to end. True with nothing queued: idle long enough to sync.
bool CacheWriter::wait_for_work() {
  const SteadyTime idle = steady_now() + kIdleBeforeSync;
  while (jobs_.empty()) {
    if (stopping_) return false;
    if (unsynced_ == 0) {
      work_.wait(mutex_);
    } else if (steady_now() >= idle) {
      return true;
    } else {
      work_.wait_until(mutex_, idle);
    }
  }
  return true;
}

std::vector<CacheWriter::Job> CacheWriter::take_batch() {
  const auto count = static_cast<std::ptrdiff_t>(std::min(jobs_.size(), kBatch));
  std::vector<Job> batch(std::make_move_iterator(jobs_.begin()),
                         std::make_move_iterator(jobs_.begin() + count));
  jobs_.erase(jobs_.begin(), jobs_.begin() + count);
  return batch;
}

void CacheWriter::write(const std::vector<Job>& batch) {
  for (const Job& job : batch) {
    if (const auto* skip = std::get_if<Skip>(&job)) lossy_.insert(skip->revision);
  }
  // Chunks first: an item that says "complete" is never on disk before the bytes it speaks of, nor without
  // them.
  note(write_chunks(batch));
  note(write_items(batch));
  for (const Job& job : batch) {
    if (const auto* drop = std::get_if<Drop>(&job)) note(erase_version(*drop));
  }

  const MutexLock lock(mutex_);
  for (const Job& job : batch) {
    const auto* chunk = std::get_if<Chunk>(&job);
    if (chunk == nullptr) continue;
    const auto found = queued_.find(chunk->key);
    if (found == queued_.end() || found->second != chunk->bytes) continue;  // stored again meanwhile
    queued_.erase(found);
    unsynced_ += kChunkRecordSize;
  }
  unsynced_ += 1;
  finished_ += batch.size();
  done_.notify_all();
}

Status CacheWriter::write_chunks(const std::vector<Job>& batch) {
  if (std::none_of(batch.begin(), batch.end(),
                   [](const Job& job) { return std::holds_alternative<Chunk>(job); })) {
    return ok_status();
  }
  if (!accepts_chunks()) {
    lose_chunks(batch);
    return ok_status();
  }
  Status written = chunks_.write([&](Environment::Writer& writer) -> Status {
    for (const Job& job : batch) {
      const auto* chunk = std::get_if<Chunk>(&job);
      if (chunk == nullptr) continue;
      const std::string name = sealing_.chunk_name(chunk->id, chunk->key);
      Status put = writer.put_reserved(bytes_of(name), kChunkRecordSize, [&](MutableBytes record) {
        sealing_.seal_chunk(chunk->id, chunk->key, ByteView(chunk->bytes.get(), kChunkSize), record);
      });
      if (!put) return put;
    }
    return ok_status();
  });
  if (!written) {
    refuse_until_ = steady_now() + kRetryWhenFull;
    lose_chunks(batch);
  }
  return written;
}

void CacheWriter::lose_chunks(const std::vector<Job>& batch) {
  for (const Job& job : batch) {
    if (const auto* chunk = std::get_if<Chunk>(&job)) lossy_.insert(chunk->key.revision);
  }
}

Status CacheWriter::write_items(const std::vector<Job>& batch) {
  Status written = write_records(batch, /*with_listings=*/true);
  if (written.ok() || written.error().code != Errc::no_space) return written;
  note(written);
  return write_records(batch, /*with_listings=*/false);  // there may be room for the media beside a listing
}

Status CacheWriter::write_records(const std::vector<Job>& batch, bool with_listings) {
  const auto concerned = [&](const Job& job) {
    return std::holds_alternative<MediaItem>(job) || std::holds_alternative<Forget>(job) ||
           std::holds_alternative<ForgetListing>(job) ||
           (with_listings && std::holds_alternative<ListingRef>(job));
  };
  if (std::none_of(batch.begin(), batch.end(), concerned)) return ok_status();
  return catalog_.write([&](Environment::Writer& writer) -> Status {
    for (const Job& job : batch) {
      if (!concerned(job)) continue;
      if (Status written = write_record(writer, job); !written) return written;
    }
    return ok_status();
  });
}

Status CacheWriter::write_record(Environment::Writer& writer, const Job& job) {
  const auto erase = [&](const std::string& name) -> Status {
    const auto erased = writer.erase_prefix(bytes_of(name), kEverything);
    return erased ? ok_status() : Status(erased.error());
  };
  if (const auto* item = std::get_if<MediaItem>(&job)) return write_item(writer, *item);
  if (const auto* listing = std::get_if<ListingRef>(&job)) return write_listing(writer, **listing);
  if (const auto* forget = std::get_if<Forget>(&job)) return erase(sealing_.item_name(forget->id));
  if (const auto* forget = std::get_if<ForgetListing>(&job)) return erase(sealing_.listing_name(forget->key));
  return ok_status();
}

Status CacheWriter::write_listing(Environment::Writer& writer, const Listing& listing) {
  const std::vector<std::string> parts = sealing_.seal_listing(listing);
  const auto erased = writer.erase_prefix(bytes_of(sealing_.listing_name(listing.key)), kEverything);
  if (!erased) return erased.error();
  for (std::uint32_t part = 0; part < parts.size(); ++part) {
    const std::string name = sealing_.listing_part_name(listing.key, part);
    if (Status put = writer.put(bytes_of(name), bytes_of(parts[part])); !put) return put;
  }
  return ok_status();
}

Status CacheWriter::write_item(Environment::Writer& writer, const MediaItem& item) {
  MediaItem stored = item;
  stored.complete = item.complete && !lossy_.contains(item.revision);
  return writer.put(bytes_of(sealing_.item_name(item.id)), bytes_of(sealing_.seal_item(stored)));
}

Status CacheWriter::erase_version(const Drop& drop) {
  const std::string prefix = sealing_.version_name(drop.id, drop.revision);
  std::size_t erased = kErasedPerTransaction;
  while (erased == kErasedPerTransaction) {
    Status done = chunks_.write([&](Environment::Writer& writer) -> Status {
      const auto count = writer.erase_prefix(bytes_of(prefix), kErasedPerTransaction);
      if (!count) return count.error();
      erased = *count;
      return ok_status();
    });
    if (!done) return done;
  }
  return ok_status();
}

void CacheWriter::note(const Status& outcome) {
  if (outcome.ok()) return;
  if (!complained_) {
    log::warning("the cache cannot be written ({}: {}); reads go on without it",
                 to_string(outcome.error().code), outcome.error().context);
  }
  complained_ = true;
}

void CacheWriter::sync_when_idle() {
  const bool synced = chunks_.sync().ok() && catalog_.sync().ok();
  const MutexLock lock(mutex_);
  // Only this thread writes, so nothing came in between. A failed sync is not tried again before the next
  // write: the kernel may have dropped the dirty pages, and a second success would mean nothing.
  unsynced_ = 0;
  sync_failed_ = sync_failed_ || !synced;
}

}  // namespace mediafs
