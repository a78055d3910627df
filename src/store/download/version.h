#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "mediafs/api/media_body.h"
#include "mediafs/store/catalog.h"
#include "store/download/chunk_assembler.h"
#include "store/download/chunk_fingerprints.h"
#include "store/store_context.h"

namespace mediafs {

/// The version of a media that is being downloaded: what is known of it, and what has come of its bytes.
/// Guarded by its download's mutex.
class Version {
 public:
  Version(MediaId id, std::shared_ptr<StoreContext> context)
      : id_(std::move(id)), context_(std::move(context)) {}

  /// Takes in what the catalog has.
  void load();

  /// Null until a head has told.
  [[nodiscard]] const MediaItemRef& item() const { return item_; }
  [[nodiscard]] Revision revision() const { return revision_; }
  /// The most that a body may hold, as far as is known.
  [[nodiscard]] std::uint64_t largest() const;
  /// A head has told of it, but for its size, which the end of the body tells.
  [[nodiscard]] bool awaits_size() const { return unsized_.has_value(); }

  /// Whether the head is of this version. REQUIRES: an item.
  [[nodiscard]] bool matches(const MediaHead& head) const;
  /// Takes in the first head.
  void begin(const MediaHead& head);
  /// A body that was to tell the size has not. Nobody has been given any of it; nor is it, since nothing
  /// shows what comes now to be of the same version, and it has not been verified.
  void give_up_size();
  /// The body has ended there, and so does the media.
  void end_at(std::uint64_t size);
  /// The origin has said that it is there as ever.
  void confirm();

  /// Whether the cache had the chunk of an earlier download, and has it no more: what comes in its place
  /// cannot be proved to be of the same version.
  [[nodiscard]] bool has_lost(ChunkIndex index) const;

  /// Whether no part of the chunk may be given out before all of it is there.
  [[nodiscard]] bool needs_whole_chunk(ChunkIndex index) const;
  /// A transfer broke within a chunk, of which readers may have had what came.
  void leave_remnant(PartialChunk partial);
  /// Puts the chunk where readers look. False, with nothing done: it is not what they were given before, by
  /// an earlier server too.
  bool add(ChunkIndex index, const Buffer& chunk, std::uint64_t length);
  /// Chunks that have come.
  [[nodiscard]] const ChunkFingerprints& seen() const { return seen_; }

  /// A body has ended as it should. Where every byte is here, and is kept, the item says so from now on.
  void body_ended(bool verified);

  /// Nothing of it is known any more; what comes is another one.
  void forget();

 private:
  [[nodiscard]] bool outlives_server() const;
  bool see_all_in_memory();
  [[nodiscard]] bool agrees_with_served(ChunkIndex index, ByteView chunk);
  void begin_anew();
  void remember(const MediaHead& head, std::uint64_t size);
  void keep(ChunkKey key, const Buffer& chunk);

  const MediaId id_;
  const std::shared_ptr<StoreContext> context_;
  MediaItemRef item_;
  std::optional<MediaHead> unsized_;
  Revision revision_{};
  ChunkFingerprints seen_;
  bool verified_ = false;  // a signed body has passed whole
  bool skipped_ = false;   // the cache was not given all of it
};

}  // namespace mediafs
