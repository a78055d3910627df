#include "cache/sealing.h"

#include "cache/record.h"
#include "mediafs/crypto/digest.h"
#include "mediafs/crypto/random.h"

namespace mediafs {

namespace {

constexpr std::size_t kNameSize = 16;
constexpr std::size_t kPartHeader = sizeof(std::uint64_t) + sizeof(std::uint32_t);
constexpr std::size_t kPartContent = kListingPartSize - kPartHeader;
constexpr std::string_view kItemRecord = "mediafs item 1";
constexpr std::string_view kListingRecord = "mediafs listing 1";

template <typename Number>
Number number_at(ByteView bytes) {
  Number number = 0;
  for (const std::byte b : bytes.first(sizeof(Number)))
    number = static_cast<Number>(number << 8 | std::to_integer<Number>(b));
  return number;
}

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

std::string Sealing::record_data(std::string_view kind, ByteView name) const {
  std::string data(kind);
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
  return crypto::seal(items_, bytes_of(record_data(kItemRecord, bytes_of(item_name(item.id)))),
                      bytes_of(encode_item(item)));
}

std::optional<MediaItem> Sealing::open_item(ByteView name, ByteView record) const {
  const auto plain = crypto::open(items_, bytes_of(record_data(kItemRecord, name)), record);
  return plain ? decode_item(bytes_of(*plain)) : std::nullopt;
}

std::string Sealing::listing_name(const ListingKey& key) const {
  std::string rest;
  append_big_endian(rest, static_cast<std::uint32_t>(key.kind));
  return name_under(names_, "listing ", rest + key.id.text());
}

std::string Sealing::listing_part_name(const ListingKey& key, std::uint32_t part) const {
  std::string name = listing_name(key);
  append_big_endian(name, part);
  return name;
}

std::vector<std::string> Sealing::seal_listing(const Listing& listing) const {
  const std::string plain = encode_listing(listing);
  const std::uint64_t version = crypto::random_number();
  const auto count = static_cast<std::uint32_t>((plain.size() + kPartContent - 1) / kPartContent);
  std::vector<std::string> parts;
  for (std::uint32_t part = 0; part < count; ++part) {
    std::string text;
    append_big_endian(text, version);
    append_big_endian(text, count);
    text += std::string_view(plain).substr(part * kPartContent, kPartContent);
    text.resize(kListingPartSize, '\0');
    const std::string data = record_data(kListingRecord, bytes_of(listing_part_name(listing.key, part)));
    parts.push_back(crypto::seal(items_, bytes_of(data), bytes_of(text)));
  }
  return parts;
}

std::optional<ListingPart> Sealing::open_listing_part(ByteView name, ByteView record) const {
  const auto plain = crypto::open(items_, bytes_of(record_data(kListingRecord, name)), record);
  if (!plain || plain->size() != kListingPartSize) return std::nullopt;
  const ByteView bytes = bytes_of(*plain);
  return ListingPart{.version = number_at<std::uint64_t>(bytes),
                     .count = number_at<std::uint32_t>(bytes.subspan(sizeof(std::uint64_t))),
                     .content = plain->substr(kPartHeader)};
}

}  // namespace mediafs
