#include "cache/housekeeping.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "mediafs/base/log.h"

namespace mediafs {

namespace {

constexpr std::size_t kVersionNameSize = 16;
constexpr std::size_t kErasedPerTransaction =
    64;                                      // larger free-list records want contiguous pages themselves
constexpr Duration kWaitForReaders{100};     // each copies a chunk at most: longer is a disk that hangs
constexpr std::string_view kNoRecord = "-";  // shorter than any name that there is
constexpr std::size_t kUsesPerTransaction = 256;
constexpr UnixSeconds kSaveClockEvery = 3'600;  // a disk that has nothing to do may sleep

}  // namespace

Housekeeping::Housekeeping(const CacheParts& parts, std::uint64_t limit,
                           std::function<std::uint64_t()> other_files)
    : parts_(parts),
      limit_(limit, parts.chunks.page_size()),
      other_files_(std::move(other_files)),
      disk_chunks_(std::numeric_limits<std::uint64_t>::max()) {}

void Housekeeping::on_incomplete(std::function<void(const MediaId&, Revision)> listener) {
  const MutexLock lock(mutex_);
  incomplete_ = std::move(listener);
}

void Housekeeping::tell_incomplete(const MediaId& id, Revision revision) {
  const MutexLock lock(mutex_);
  if (incomplete_) incomplete_(id, revision);
}

bool Housekeeping::fits(std::uint64_t size) const {
  return limit_.fits(chunk_count(size));
}

std::size_t Housekeeping::per_transaction(std::size_t most) const {
  return limit_.per_transaction(most);
}

std::uint64_t Housekeeping::most_bytes() const {
  return limit_.most_bytes(other_files_());
}

std::uint64_t Housekeeping::most_chunks() const {
  return std::min(disk_chunks_, limit_.most_chunks(other_files_()));
}

void Housekeeping::recount() {
  std::unordered_map<std::string, Revision> owners;
  for (const Ledger::Version& version : parts_.ledger.versions()) {
    owners.emplace(parts_.sealing.version_name(version.id, version.revision), version.revision);
  }
  std::unordered_map<std::string, std::uint64_t> counts;
  auto last = counts.end();  // names come in order
  const Status read = parts_.chunks.for_each_name([&](ByteView name) {
    const std::string_view version = text_of(name).substr(0, kVersionNameSize);
    if (last == counts.end() || last->first != version) last = counts.try_emplace(std::string(version)).first;
    ++last->second;
  });
  if (!read) log::warning("the cache's chunks cannot all be counted: {}", read.error().context);
  for (const auto& [name, count] : counts) {
    const auto owner = owners.find(name);
    if (owner == owners.end()) {
      ownerless_.push_back(name);
    } else {
      parts_.ledger.set_chunks(owner->second, count);
    }
  }
}

void Housekeeping::erase_ownerless() {
  for (const std::string& name : std::exchange(ownerless_, {})) {
    if (Status erased = erase_named(name, [](std::size_t /*count*/) {}); !erased)
      log::warning("the cache cannot erase what is left of earlier versions: {}", erased.error().context);
  }
}

bool Housekeeping::make_room(std::uint64_t chunks, const std::unordered_set<Revision>& busy) {
  const std::uint64_t most = most_chunks();
  const std::uint64_t wanted = parts_.ledger.chunks() + chunks;
  if (wanted <= most) return true;
  // A little more than is needed now, since choosing looks at every version.
  const std::uint64_t to_free = std::max(wanted - most, most / 64);
  for (const Ledger::Version& victim : parts_.ledger.victims(to_free, busy)) {
    if (!evict(victim)) return false;
  }
  return parts_.ledger.chunks() + chunks <= most;
}

Status Housekeeping::reclaim() {
  // LMDB does not commit a transaction that changes nothing.
  const ByteView name = bytes_of(kNoRecord);
  Status counted = parts_.chunks.write([&](Environment::Writer& writer) -> Status {
    if (Status put = writer.put(name, name); !put) return put;
    const auto erased = writer.erase_prefix(name, 1);
    return erased ? ok_status() : Status(erased.error());
  });
  parts_.chunks.wait_for_readers(kWaitForReaders);
  return counted;
}

void Housekeeping::shrink() {
  const std::uint64_t chunks = parts_.ledger.chunks();
  disk_chunks_ = chunks - std::min(chunks, std::max<std::uint64_t>(chunks / 16, 32));
}

Status Housekeeping::erase_chunks(const MediaId& id, Revision revision) {
  return erase_named(parts_.sealing.version_name(id, revision),
                     [&](std::size_t count) { parts_.ledger.remove_chunks(revision, count); });
}

/// Tells of each transaction how many it has erased.
Status Housekeeping::erase_named(const std::string& version_name,
                                 const std::function<void(std::size_t)>& erased) {
  const std::size_t at_once = per_transaction(kErasedPerTransaction);
  std::size_t count = at_once;
  while (count == at_once) {
    Status done = parts_.chunks.write([&](Environment::Writer& writer) -> Status {
      const auto of_prefix = writer.erase_prefix(bytes_of(version_name), at_once);
      if (!of_prefix) return of_prefix.error();
      count = *of_prefix;
      return ok_status();
    });
    if (!done) return done;
    erased(count);
  }
  return ok_status();
}

/// The item stays, as not complete, and its key: what is known of a media takes little room.
Status Housekeeping::evict(const Ledger::Version& version) {
  Status noted = parts_.catalog.write(
      [&](Environment::Writer& writer) { return rewrite(writer, version, /*keeps_complete=*/false); });
  if (!noted) return noted;
  tell_incomplete(version.id, version.revision);
  Status erased = erase_chunks(version.id, version.revision);
  if (!erased) return erased;
  ++evicted_;
  return erased;
}

Status Housekeeping::erase_chunk(const MediaId& id, ChunkKey chunk) {
  const auto version = parts_.ledger.find(chunk.revision);
  if (!version) return ok_status();
  const Status noted = parts_.catalog.write(
      [&](Environment::Writer& writer) { return rewrite(writer, *version, /*keeps_complete=*/false); });
  tell_incomplete(id, chunk.revision);
  const std::string name = parts_.sealing.chunk_name(id, chunk);
  std::size_t count = 0;
  const Status erased = parts_.chunks.write([&](Environment::Writer& writer) -> Status {
    const auto of_name = writer.erase_prefix(bytes_of(name), 1);
    if (!of_name) return of_name.error();
    count = *of_name;
    return ok_status();
  });
  if (erased) parts_.ledger.remove_chunks(chunk.revision, count);
  return noted.ok() ? erased : noted;
}

/// Its record with the present time of use. One that cannot be read is left as it is: the next load or verify
/// finds it.
Status Housekeeping::rewrite(Environment::Writer& writer, const Ledger::Version& version,
                             bool keeps_complete) {
  if (!version.slot) return ok_status();
  const std::string name = parts_.sealing.item_name(version.id);
  const auto record = writer.get(bytes_of(name));
  const auto key = parts_.keyring.key_in(*version.slot);
  auto stored =
      record && key ? parts_.sealing.open_item(*key, bytes_of(name), bytes_of(*record)) : std::nullopt;
  if (!stored || stored->item.revision != version.revision) return ok_status();
  stored->last_used_at = version.last_used_at;
  stored->item.complete = stored->item.complete && keeps_complete;
  return writer.put(bytes_of(name), bytes_of(parts_.sealing.seal_item(*key, *version.slot, *stored)));
}

bool Housekeeping::has_all(const MediaItem& item) {
  const std::string name = parts_.sealing.version_name(item.id, item.revision);
  if (parts_.chunks.count_prefix(bytes_of(name)) == chunk_count(item.size)) return true;
  tell_incomplete(item.id, item.revision);
  return false;
}

bool Housekeeping::save_uses() {
  bool saved = false;
  for (;;) {
    const std::vector<Ledger::Version> used = parts_.ledger.take_used(kUsesPerTransaction);
    const UnixSeconds now = parts_.clock.now();
    if (used.empty() && now - clock_saved_ < kSaveClockEvery) return saved;
    const Status written = parts_.catalog.write([&](Environment::Writer& writer) -> Status {
      for (const Ledger::Version& version : used) {
        if (Status done = rewrite(writer, version, /*keeps_complete=*/true); !done) return done;
      }
      return writer.put(bytes_of(parts_.sealing.clock_name()), bytes_of(parts_.sealing.seal_clock(now)));
    });
    if (!written) return saved;  // recency that is lost costs little
    saved = true;
    clock_saved_ = now;
  }
}

}  // namespace mediafs
