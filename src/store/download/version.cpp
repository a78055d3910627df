#include "store/download/version.h"

#include <utility>

namespace mediafs {

void Version::load() {
  item_ = context_->catalog.find(id_);
  if (item_ && item_->from_listing_only()) item_ = nullptr;  // its own response will tell
  if (!item_) return;
  revision_ = item_->revision;
  if (!item_->etag.empty() || outlives_server()) return;
  if (item_->complete && (context_->cache != nullptr || see_all_in_memory())) return;
  // What an earlier download left of it cannot be proved to be of the version that comes now.
  context_->memory().forget(revision_);
  MediaItem anew = *item_;
  anew.complete = false;
  item_ = context_->catalog.renew(std::move(anew));
  revision_ = item_->revision;
}

/// Whether the memory has the whole media, so that what comes again can be held against it.
bool Version::see_all_in_memory() {
  ChunkFingerprints seen;
  const ChunkIndex past{chunk_count(item_->size)};
  for (ChunkIndex index{0}; index < past; index = next(index)) {
    const ConstBuffer chunk = context_->memory().get({revision_, index});
    if (!chunk) return false;
    seen.agrees(index, ByteView(chunk.get(), chunk_length(item_->size, index)));
  }
  seen_ = std::move(seen);
  return true;
}

/// It has been opened by way of an earlier server, which has given bytes of it out, and no entity tag can
/// tell whether what comes now belongs to it.
bool Version::outlives_server() const {
  return item_ && item_->etag.empty() && context_->options.in_use.contains(item_->revision);
}

std::uint64_t Version::largest() const {
  return item_ ? item_->size : context_->options.max_unsized;
}

bool Version::matches(const MediaHead& head) const {
  const bool same_size = !head.size || *head.size == item_->size;
  const bool same_tag = head.etag == item_->etag;
  // Where bytes of before may stand beside those that come, every sign counts.
  const bool has_earlier_bytes = outlives_server() || (item_->complete && item_->etag.empty());
  const bool same_time = !has_earlier_bytes || !head.last_modified || *head.last_modified == item_->modified;
  return same_size && same_tag && same_time;
}

void Version::begin(const MediaHead& head) {
  if (revision_ == Revision{}) revision_ = new_revision();
  if (head.size) {
    remember(head, *head.size);
  } else {
    unsized_ = head;
  }
}

void Version::give_up_size() {
  if (!unsized_) return;
  if (context_->cache != nullptr) context_->cache->drop(id_, revision_);
  begin_anew();
}

void Version::end_at(std::uint64_t size) {
  if (!unsized_) return;
  remember(*unsized_, size);
  unsized_.reset();
}

void Version::remember(const MediaHead& head, std::uint64_t size) {
  const MediaItemRef before = item_ ? item_ : context_->catalog.find(id_);
  const bool says_nothing = before && head.content_type == "application/octet-stream";
  const UnixSeconds now = context_->timer.clock().wall_seconds();
  const bool was_shown = before && !before->superseded;
  item_ =
      context_->catalog.remember({.id = id_,
                                  .revision = revision_,
                                  .size = size,
                                  .content_type = says_nothing ? before->content_type : head.content_type,
                                  .modified = head.last_modified.value_or(before ? before->modified : now),
                                  .shown = was_shown ? before->shown : head.last_modified.value_or(now),
                                  .etag = head.etag,
                                  .confirmed = now,
                                  .complete = false,
                                  .unverified = head.verifier != nullptr});
}

void Version::confirm() {
  MediaItem still_there = *item_;
  still_there.confirmed = context_->timer.clock().wall_seconds();
  item_ = context_->catalog.remember(std::move(still_there));
}

bool Version::has_lost(ChunkIndex index) const {
  return item_ && item_->complete && item_->etag.empty() && !outlives_server() && !seen_.seen(index);
}

bool Version::needs_whole_chunk(ChunkIndex index) const {
  if (seen_.has_remnant(index)) return true;
  if (!item_ || !item_->etag.empty()) return false;
  // Without a tag only the whole chunk tells whether it is what readers have had of it; and of a piece of one
  // no later server could tell that it had been given out.
  return seen_.seen(index) || context_->options.served_fingerprints != nullptr;
}

void Version::leave_remnant(PartialChunk partial) {
  if (partial.bytes) seen_.leave_remnant(partial.index, std::move(partial.bytes), partial.filled);
}

bool Version::add(ChunkIndex index, const Buffer& chunk, std::uint64_t length) {
  if (!agrees_with_served(index, ByteView(chunk.get(), length))) return false;
  const ChunkKey key{revision_, index};
  context_->memory().put(key, chunk);
  keep(key, chunk);
  return true;
}

/// Also notes the chunk for a later server.
bool Version::agrees_with_served(ChunkIndex index, ByteView chunk) {
  if (!seen_.agrees(index, chunk)) return false;
  ServedFingerprints* const served = context_->options.served_fingerprints;
  if (served == nullptr || !item_ || !item_->etag.empty()) return true;
  const ChunkKey key{revision_, index};
  if (!served->agrees(key, chunk).value_or(true)) return false;
  served->note(key, chunk);
  return true;
}

void Version::keep(ChunkKey key, const Buffer& chunk) {
  if (context_->cache == nullptr) return;
  // The cache has it whole, but its disk hangs: nothing proves that what comes is of the same version.
  if (item_ && item_->complete && item_->etag.empty()) return;
  // A disk that cannot keep up must not fill the memory, nor one media the cache.
  const bool slow =
      context_->pool().overdrawn() && context_->cache->backlog() > context_->memory_for_windows();
  if (slow || (item_ && !context_->cache->has_room_for(item_->size))) {
    skipped_ = true;
  } else {
    context_->cache->store_chunk(id_, key, chunk);
  }
}

void Version::body_ended(bool verified) {
  verified_ = verified_ || verified;
  const bool trusted = verified_ || !item_->unverified;
  if (!trusted || skipped_ || item_->complete || seen_.count() != chunk_count(item_->size)) return;
  MediaItem whole = *item_;
  whole.complete = true;
  whole.unverified = false;
  item_ = context_->catalog.remember(std::move(whole));
}

void Version::forget() {
  if (context_->cache != nullptr) context_->cache->drop(id_, revision_);
  context_->catalog.forget(id_);
  begin_anew();  // after the catalog, which a look into the cache asks at its end
}

void Version::begin_anew() {
  context_->memory().forget(revision_);
  item_ = nullptr;
  unsized_.reset();
  seen_ = ChunkFingerprints();
  verified_ = false;
  skipped_ = false;
  revision_ = new_revision();
}

}  // namespace mediafs
