// How a record of the cache is named and sealed; FORMAT.md says the same in prose.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mediafs/base/secret.h"
#include "mediafs/crypto/aead.h"
#include "mediafs/model/chunk.h"
#include "mediafs/model/listing.h"
#include "mediafs/model/media_item.h"

namespace mediafs {

using CacheId = std::array<std::byte, 16>;

/// A chunk is sealed in pieces, so that a small read need not open all of it. Measured: docs/DECISIONS.md.
inline constexpr std::size_t kPieceSize = 16_KiB;
inline constexpr std::size_t kPieces = kChunkSize / kPieceSize;
inline constexpr std::size_t kSealedPieceSize = kPieceSize + crypto::kSealOverhead;

/// A chunk's record: its pieces one after another, each as nonce, ciphertext, tag. A shorter chunk is padded
/// with zeros, which hides its length and keeps LMDB at one record size.
inline constexpr std::size_t kChunkRecordSize = kPieces * kSealedPieceSize;

/// A listing is kept in parts of one size, each of which fits on a page of LMDB.
inline constexpr std::size_t kListingPartSize = 1960;

/// A part in the clear: its number is in its name.
struct ListingPart {
  std::uint64_t version = 0;  // drawn for each writing of a listing: parts of two are not put together
  std::uint32_t count = 0;    // of the listing's parts
  std::string content;        // of the record's plain form (record.h), the last one's padded with zeros
};

/// The keys of one cache, derived from its random cache key. Thread-safe.
class Sealing {
 public:
  Sealing(const SecretKey& cache_key, const CacheId& cache_id);

  /// Database keys are keyed hashes: the files name no media.
  [[nodiscard]] std::string item_name(const MediaId& id) const;  // 16 bytes
  [[nodiscard]] std::string version_name(const MediaId& id,
                                         Revision revision) const;  // 16 bytes: prefix of its chunks
  [[nodiscard]] std::string chunk_name(const MediaId& id,
                                       ChunkKey key) const;  // 16 + 4 bytes, index big-endian

  /// REQUIRES: plain.size() == kChunkSize, record.size() == kChunkRecordSize.
  void seal_chunk(const MediaId& id, ChunkKey key, ByteView plain, MutableBytes record) const;
  /// Opens pieces in place, the first of which is number `first` of the chunk.
  [[nodiscard]] bool open_pieces(const MediaId& id, ChunkKey key, std::size_t first,
                                 std::span<const crypto::SealedParts> pieces) const;

  [[nodiscard]] std::string seal_item(const MediaItem& item) const;
  [[nodiscard]] std::optional<MediaItem> open_item(ByteView name, ByteView record) const;

  [[nodiscard]] std::string listing_name(const ListingKey& key) const;  // 16 bytes: prefix of its parts
  [[nodiscard]] std::string listing_part_name(const ListingKey& key, std::uint32_t part) const;
  /// The listing in as many parts as it takes.
  [[nodiscard]] std::vector<std::string> seal_listing(const Listing& listing) const;
  [[nodiscard]] std::optional<ListingPart> open_listing_part(ByteView name, ByteView record) const;

 private:
  [[nodiscard]] std::string piece_data(const MediaId& id, ChunkKey key) const;
  [[nodiscard]] std::string record_data(std::string_view kind, ByteView name) const;

  CacheId cache_id_;
  SecretKey names_;
  SecretKey chunks_;
  SecretKey items_;
};

}  // namespace mediafs
