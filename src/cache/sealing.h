// How a record of the cache is named and sealed; FORMAT.md says the same in prose.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "mediafs/base/secret.h"
#include "mediafs/crypto/aead.h"
#include "mediafs/model/chunk.h"
#include "mediafs/model/media_item.h"

namespace mediafs {

using CacheId = std::array<std::byte, 16>;

/// A chunk's record: nonce, kChunkSize bytes of ciphertext (a shorter chunk is padded with zeros, which hides
/// its length and keeps LMDB at one record size), tag.
inline constexpr std::size_t kChunkRecordSize = kChunkSize + crypto::kSealOverhead;

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
  [[nodiscard]] bool open_chunk(const MediaId& id, ChunkKey key, const crypto::SealedParts& record) const;

  [[nodiscard]] std::string seal_item(const MediaItem& item) const;
  [[nodiscard]] std::optional<MediaItem> open_item(ByteView name, ByteView record) const;

 private:
  [[nodiscard]] std::string chunk_data(const MediaId& id, ChunkKey key) const;
  [[nodiscard]] std::string item_data(ByteView name) const;

  CacheId cache_id_;
  SecretKey names_;
  SecretKey chunks_;
  SecretKey items_;
};

}  // namespace mediafs
