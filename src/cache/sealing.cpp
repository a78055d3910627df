#include "cache/sealing.h"

#include "cache/record.h"
#include "mediafs/crypto/digest.h"
#include "mediafs/crypto/random.h"

namespace mediafs {

namespace {

constexpr std::size_t kNameSize = 16;
constexpr std::size_t kKeySlotSize = sizeof(KeySlot);
constexpr std::size_t kPartHeader = sizeof(std::uint64_t) + sizeof(std::uint32_t) + sizeof(UnixSeconds);
constexpr std::size_t kPartContent = kListingPartSize - kPartHeader;
constexpr std::string_view kItemRecord = "mediafs item 2";
constexpr std::string_view kListingRecord = "mediafs listing 2";
constexpr std::string_view kClockRecord = "mediafs clock 1";

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

std::string with_slot(KeySlot slot, const std::string& sealed) {
  std::string record;
  append_big_endian(record, static_cast<std::uint32_t>(slot));
  return record + sealed;
}

}  // namespace

Sealing::Sealing(const SecretKey& cache_key, const CacheId& cache_id)
    : cache_id_(cache_id),
      keys_(
          make_locked<Keys>(Keys{.names = crypto::hkdf_sha256(cache_key.view(), cache_id, "mediafs names 1"),
                                 .clock = crypto::hkdf_sha256(cache_key.view(), cache_id, kClockRecord)})) {}

std::string Sealing::item_name(const MediaId& id) const {
  return name_under(keys_->names, "item ", id.text());
}

std::string Sealing::version_name(const MediaId& id, Revision revision) const {
  std::string rest;
  append_big_endian(rest, static_cast<std::uint64_t>(revision));
  return name_under(keys_->names, "version ", rest + id.text());
}

std::string Sealing::chunk_name(const MediaId& id, ChunkKey key) const {
  std::string name = version_name(id, key.revision);
  append_big_endian(name, number_of(key.index));
  return name;
}

/// What all pieces of a chunk have in common; the number of each goes at the end.
std::string Sealing::piece_data(const MediaId& id, ChunkKey chunk) const {
  std::string data("mediafs chunk 3");
  data += text_of(cache_id_);
  append_big_endian(data, static_cast<std::uint64_t>(chunk.revision));
  append_big_endian(data, number_of(chunk.index));
  append_big_endian(data, std::uint64_t{kChunkSize});
  data += id.text();
  data.push_back('\0');
  return data;
}

std::string Sealing::record_data(std::string_view kind, ByteView name, KeySlot slot) const {
  std::string data(kind);
  data += text_of(cache_id_);
  data += text_of(name);
  append_big_endian(data, static_cast<std::uint32_t>(slot));
  return data;
}

void Sealing::seal_chunk(const SecretKey& version_key, const MediaId& id, ChunkKey chunk, ByteView plain,
                         MutableBytes record) const {
  std::string data = piece_data(id, chunk);
  for (std::size_t piece = 0; piece < kPieces; ++piece) {
    data.back() = static_cast<char>(piece);
    crypto::seal(version_key, bytes_of(data), plain.subspan(piece * kPieceSize, kPieceSize),
                 record.subspan(piece * kSealedPieceSize, kSealedPieceSize));
  }
}

bool Sealing::open_pieces(const SecretKey& version_key, const MediaId& id, ChunkKey chunk, std::size_t first,
                          std::span<const crypto::SealedParts> pieces) const {
  std::string data = piece_data(id, chunk);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    data.back() = static_cast<char>(first + i);
    if (!crypto::open_in_place(version_key, bytes_of(data), pieces[i])) return false;
  }
  return true;
}

std::optional<KeySlot> Sealing::slot_of(ByteView record) {
  if (record.size() < kKeySlotSize) return std::nullopt;
  return KeySlot{number_at<std::uint32_t>(record)};
}

std::string Sealing::seal_item(const SecretKey& version_key, KeySlot slot, const StoredItem& item) const {
  const std::string data = record_data(kItemRecord, bytes_of(item_name(item.item.id)), slot);
  return with_slot(slot, crypto::seal(version_key, bytes_of(data), bytes_of(encode_item(item))));
}

std::optional<StoredItem> Sealing::open_item(const SecretKey& version_key, ByteView name,
                                             ByteView record) const {
  const auto slot = slot_of(record);
  if (!slot) return std::nullopt;
  const auto plain = crypto::open(version_key, bytes_of(record_data(kItemRecord, name, *slot)),
                                  record.subspan(kKeySlotSize));
  return plain ? decode_item(bytes_of(*plain)) : std::nullopt;
}

std::string Sealing::listing_name(const ListingKey& key) const {
  std::string rest;
  append_big_endian(rest, static_cast<std::uint32_t>(key.kind));
  return name_under(keys_->names, "listing ", rest + key.id.text());
}

std::string Sealing::listing_part_name(const ListingKey& key, std::uint32_t part) const {
  std::string name = listing_name(key);
  append_big_endian(name, part);
  return name;
}

std::vector<std::string> Sealing::seal_listing(const SecretKey& listing_key, KeySlot slot,
                                               const Listing& listing, UnixSeconds stored_at) const {
  const std::string plain = encode_listing(listing);
  const std::uint64_t version = crypto::random_number();
  const auto count = static_cast<std::uint32_t>((plain.size() + kPartContent - 1) / kPartContent);
  std::vector<std::string> parts;
  for (std::uint32_t part = 0; part < count; ++part) {
    std::string text;
    append_big_endian(text, version);
    append_big_endian(text, count);
    append_big_endian(text, static_cast<std::uint64_t>(stored_at));
    text += std::string_view(plain).substr(part * kPartContent, kPartContent);
    text.resize(kListingPartSize, '\0');
    const std::string data =
        record_data(kListingRecord, bytes_of(listing_part_name(listing.key, part)), slot);
    parts.push_back(with_slot(slot, crypto::seal(listing_key, bytes_of(data), bytes_of(text))));
  }
  return parts;
}

std::optional<ListingPart> Sealing::open_listing_part(const SecretKey& listing_key, ByteView name,
                                                      ByteView record) const {
  const auto slot = slot_of(record);
  if (!slot) return std::nullopt;
  const auto plain = crypto::open(listing_key, bytes_of(record_data(kListingRecord, name, *slot)),
                                  record.subspan(kKeySlotSize));
  if (!plain || plain->size() != kListingPartSize) return std::nullopt;
  const ByteView bytes = bytes_of(*plain);
  return ListingPart{.version = number_at<std::uint64_t>(bytes),
                     .count = number_at<std::uint32_t>(bytes.subspan(8)),
                     .stored_at = static_cast<UnixSeconds>(number_at<std::uint64_t>(bytes.subspan(12))),
                     .content = plain->substr(kPartHeader)};
}

std::string Sealing::clock_name() const {
  return name_under(keys_->names, "clock", {});
}

std::string Sealing::seal_clock(UnixSeconds now) const {
  std::string plain;
  append_big_endian(plain, static_cast<std::uint64_t>(now));
  return crypto::seal(keys_->clock, bytes_of(std::string(kClockRecord) + std::string(text_of(cache_id_))),
                      bytes_of(plain));
}

std::optional<UnixSeconds> Sealing::open_clock(ByteView record) const {
  const auto plain = crypto::open(
      keys_->clock, bytes_of(std::string(kClockRecord) + std::string(text_of(cache_id_))), record);
  if (!plain || plain->size() != sizeof(UnixSeconds)) return std::nullopt;
  return static_cast<UnixSeconds>(number_at<std::uint64_t>(bytes_of(*plain)));
}

}  // namespace mediafs
