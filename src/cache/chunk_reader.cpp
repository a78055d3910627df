#include "cache/chunk_reader.h"

#include <algorithm>
#include <array>

namespace mediafs {

namespace {

/// Room for some pieces of a chunk's record: the texts in their places in the chunk, nonces and tags here.
class SealedPieces {
 public:
  SealedPieces(std::size_t first, std::size_t count, MutableBytes chunk) : count_(count) {
    for (std::size_t i = 0; i < count; ++i) {
      parts_[i] = {
          .nonce = nonces_[i], .text = chunk.subspan((first + i) * kPieceSize, kPieceSize), .tag = tags_[i]};
    }
  }
  ~SealedPieces() = default;
  SealedPieces(const SealedPieces&) = delete;  // its parts point into it
  SealedPieces& operator=(const SealedPieces&) = delete;

  void copy_from(ByteView sealed) {
    for (std::size_t i = 0; i < count_; ++i) {
      const ByteView piece = sealed.subspan(i * kSealedPieceSize, kSealedPieceSize);
      std::copy_n(piece.begin(), crypto::kNonceSize, nonces_[i].begin());
      std::copy_n(piece.begin() + crypto::kNonceSize, kPieceSize, parts_[i].text.begin());
      std::copy_n(piece.end() - crypto::kTagSize, crypto::kTagSize, tags_[i].begin());
    }
  }

  [[nodiscard]] std::span<const crypto::SealedParts> parts() const { return std::span(parts_).first(count_); }

 private:
  const std::size_t count_;
  std::array<std::array<std::byte, crypto::kNonceSize>, kPieces> nonces_{};
  std::array<std::array<std::byte, crypto::kTagSize>, kPieces> tags_{};
  std::array<crypto::SealedParts, kPieces> parts_{};
};

}  // namespace

ChunkFound open_chunk(const CacheParts& parts, const SecretKey& version_key, const MediaId& id,
                      ChunkKey chunk, ByteRange part, MutableBytes out) {
  const std::size_t first = part.offset / kPieceSize;
  const std::size_t count = (part.end() - 1) / kPieceSize + 1 - first;
  // The record is copied before it is opened: what is authenticated must be what is served, and the map is
  // shared with whoever can write to the file.
  SealedPieces pieces(first, count, out);
  const std::string name = parts.sealing.chunk_name(id, chunk);
  const auto found = parts.chunks.get_part(
      bytes_of(name), {.offset = first * kSealedPieceSize, .length = count * kSealedPieceSize},
      kChunkRecordSize, [&](ByteView sealed) { pieces.copy_from(sealed); });
  if (found == Environment::Found::nothing) return ChunkFound::nothing;
  const bool opens = found == Environment::Found::part &&
                     parts.sealing.open_pieces(version_key, id, chunk, first, pieces.parts());
  return opens ? ChunkFound::whole : ChunkFound::corrupt;
}

}  // namespace mediafs
