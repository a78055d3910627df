#include "cache/sealing.h"

#include "cache/record.h"
#include "mediafs/crypto/digest.h"

namespace mediafs {

namespace {

constexpr std::size_t kNameSize = 16;

std::string name_under(const SecretKey& key, std::string_view kind, std::string_view rest) {
  crypto::HmacSha256 mac(key.view());
  mac.update(bytes_of(kind));
  mac.update(bytes_of(rest));
  const crypto::Digest digest = mac.finish();
  return std::string(text_of(ByteView(digest).first(kNameSize)));
}

}  // namespace

Sealing::Sealing(const SecretKey& cache_key, const CacheId& cache_id)
    : cache_id_(cache_id),
      names_(crypto::hkdf_sha256(cache_key.view(), cache_id, "mediafs names 1")),
      chunks_(crypto::hkdf_sha256(cache_key.view(), cache_id, "mediafs chunks 1")),
      items_(crypto::hkdf_sha256(cache_key.view(), cache_id, "mediafs items 1")) {}

std::string Sealing::item_name(const MediaId& id) const {
  return name_under(names_, "item ", id.text());
}

std::string Sealing::version_name(const MediaId& id, Revision revision) const {
  std::string rest;
  append_big_endian(rest, static_cast<std::uint64_t>(revision));
  return name_under(names_, "version ", rest + id.text());
}

std::string Sealing::chunk_name(const MediaId& id, ChunkKey key) const {
  std::string name = version_name(id, key.revision);
  append_big_endian(name, number_of(key.index));
  return name;
}

/// What all pieces of a chunk have in common; the number of each goes at the end.
std::string Sealing::piece_data(const MediaId& id, ChunkKey key) const {
  std::string data("mediafs chunk 2");
  data += text_of(cache_id_);
  append_big_endian(data, static_cast<std::uint64_t>(key.revision));
  append_big_endian(data, number_of(key.index));
  append_big_endian(data, std::uint64_t{kChunkSize});
  data += id.text();
  data.push_back('\0');
  return data;
}

std::string Sealing::item_data(ByteView name) const {
  std::string data("mediafs item 1");
  data += text_of(cache_id_);
  data += text_of(name);
  return data;
}

void Sealing::seal_chunk(const MediaId& id, ChunkKey key, ByteView plain, MutableBytes record) const {
  std::string data = piece_data(id, key);
  for (std::size_t piece = 0; piece < kPieces; ++piece) {
    data.back() = static_cast<char>(piece);
    crypto::seal(chunks_, bytes_of(data), plain.subspan(piece * kPieceSize, kPieceSize),
                 record.subspan(piece * kSealedPieceSize, kSealedPieceSize));
  }
}

bool Sealing::open_pieces(const MediaId& id, ChunkKey key, std::size_t first,
                          std::span<const crypto::SealedParts> pieces) const {
  std::string data = piece_data(id, key);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    data.back() = static_cast<char>(first + i);
    if (!crypto::open_in_place(chunks_, bytes_of(data), pieces[i])) return false;
  }
  return true;
}

std::string Sealing::seal_item(const MediaItem& item) const {
  return crypto::seal(items_, bytes_of(item_data(bytes_of(item_name(item.id)))), bytes_of(encode_item(item)));
}

std::optional<MediaItem> Sealing::open_item(ByteView name, ByteView record) const {
  const auto plain = crypto::open(items_, bytes_of(item_data(name)), record);
  return plain ? decode_item(bytes_of(*plain)) : std::nullopt;
}

}  // namespace mediafs
