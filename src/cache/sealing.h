// How a record of the cache is named and sealed; FORMAT.md says the same in prose.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/record.h"
#include "mediafs/base/locked_memory.h"
#include "mediafs/base/secret.h"
#include "mediafs/crypto/aead.h"
#include "mediafs/model/chunk.h"
#include "mediafs/model/listing.h"
#include "mediafs/model/media_item.h"

namespace mediafs {

using CacheId = std::array<std::byte, 16>;

/// A chunk is sealed in pieces, so that a small read need not open all of it. Measured:
/// docs/decisions/0005-sealed-pieces.md.
inline constexpr std::size_t kPieceSize = 16_KiB;
inline constexpr std::size_t kPieces = kChunkSize / kPieceSize;
inline constexpr std::size_t kSealedPieceSize = kPieceSize + crypto::kSealOverhead;

/// A chunk's record: its pieces one after another, each as nonce, ciphertext, tag. A shorter chunk is padded
/// with zeros, which hides its length and keeps LMDB at one record size.
inline constexpr std::size_t kChunkRecordSize = kPieces * kSealedPieceSize;

/// A listing is kept in parts of one size, each of which fits on half a page of LMDB.
inline constexpr std::size_t kListingPartSize = 1960;

/// A place in the keyring: of the key of one version, or one listing.
enum class KeySlot : std::uint32_t {};

/// A part in the clear: its number is in its name.
struct ListingPart {
  std::uint64_t version = 0;  // drawn for each writing of a listing: parts of two are not put together
  std::uint32_t count = 0;    // of the listing's parts
  UnixSeconds stored_at = 0;  // when it was stored, by the cache's clock
  std::string content;        // of the record's plain form (record.h), the last one's padded with zeros
};

/// Names and seals the records of one cache. Each record of the catalog begins with the slot of its key, in
/// the clear. Thread-safe.
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
  void seal_chunk(const SecretKey& version_key, const MediaId& id, ChunkKey chunk, ByteView plain,
                  MutableBytes record) const;
  /// Opens pieces in place, the first of which is number `first` of the chunk.
  [[nodiscard]] bool open_pieces(const SecretKey& version_key, const MediaId& id, ChunkKey chunk,
                                 std::size_t first, std::span<const crypto::SealedParts> pieces) const;

  /// Nothing where the record is too short to name one.
  [[nodiscard]] static std::optional<KeySlot> slot_of(ByteView record);

  [[nodiscard]] std::string seal_item(const SecretKey& version_key, KeySlot slot,
                                      const StoredItem& item) const;
  [[nodiscard]] std::optional<StoredItem> open_item(const SecretKey& version_key, ByteView name,
                                                    ByteView record) const;

  [[nodiscard]] std::string listing_name(const ListingKey& key) const;  // 16 bytes: prefix of its parts
  [[nodiscard]] std::string listing_part_name(const ListingKey& key, std::uint32_t part) const;
  /// The listing in as many parts as it takes.
  [[nodiscard]] std::vector<std::string> seal_listing(const SecretKey& listing_key, KeySlot slot,
                                                      const Listing& listing, UnixSeconds stored_at) const;
  [[nodiscard]] std::optional<ListingPart> open_listing_part(const SecretKey& listing_key, ByteView name,
                                                             ByteView record) const;

  /// The latest time that the cache has seen, kept against clocks that are set back.
  [[nodiscard]] std::string clock_name() const;
  [[nodiscard]] std::string seal_clock(UnixSeconds now) const;
  [[nodiscard]] std::optional<UnixSeconds> open_clock(ByteView record) const;

 private:
  [[nodiscard]] std::string piece_data(const MediaId& id, ChunkKey chunk) const;
  [[nodiscard]] std::string record_data(std::string_view kind, ByteView name, KeySlot slot) const;

  struct Keys {
    SecretKey names;
    SecretKey clock;
  };

  CacheId cache_id_;
  LockedPtr<Keys> keys_;
};

}  // namespace mediafs
