#include "cache/record.h"

#include <algorithm>

namespace mediafs {

namespace {

constexpr std::size_t kPadding = 256;
constexpr std::size_t kMaxText = 4096;
constexpr std::uint32_t kComplete = 1;
constexpr std::uint32_t kUnverified = 2;
constexpr std::uint32_t kHasTimeShown = 4;  // records of before have none
constexpr std::uint64_t kSizeNotTold = ~std::uint64_t{0};

void append_text(std::string& out, std::string_view text) {
  append_big_endian(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

/// Reads the fields one after another; once something is missing, every later read fails too.
class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}

  template <typename Number>
  Number number() {
    Number value = 0;
    for (const std::byte b : take(sizeof(Number)))
      value = static_cast<Number>(value << 8 | std::to_integer<Number>(b));
    return value;
  }

  std::string text() {
    const auto length = number<std::uint32_t>();
    if (length > kMaxText) failed_ = true;
    return std::string(text_of(take(length)));
  }

  [[nodiscard]] bool only_padding_left() const {
    return !failed_ && std::all_of(rest_.begin(), rest_.end(), [](std::byte b) { return b == std::byte{0}; });
  }

 private:
  ByteView take(std::size_t count) {
    if (failed_ || count > rest_.size()) {
      failed_ = true;
      return {};
    }
    const ByteView taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  ByteView rest_;
  bool failed_ = false;
};

/// An id in another spelling than it is parsed to is of an earlier program: nothing would find it by that.
std::optional<MediaId> read_id(Reader& reader) {
  const std::string text = reader.text();
  auto id = MediaId::parse(text);
  return id && id->text() == text ? std::optional(*std::move(id)) : std::nullopt;
}

/// The same of a text that is an id, or none.
bool is_spelt_otherwise(const std::string& text) {
  const auto id = MediaId::parse(text);
  return id && id->text() != text;
}

void append_media(std::string& out, const ListedMedia& media) {
  append_text(out, media.id.text());
  append_text(out, media.context);
  append_text(out, media.content_type);
  append_big_endian(out, media.size.value_or(kSizeNotTold));
  append_text(out, media.duration);
  append_text(out, media.session);
  append_big_endian(out, static_cast<std::uint64_t>(media.first_seen));
}

std::optional<ListedMedia> read_media(Reader& reader) {
  auto id = read_id(reader);
  if (!id) return std::nullopt;
  ListedMedia media{.id = *std::move(id)};
  media.context = reader.text();
  media.content_type = reader.text();
  const auto size = reader.number<std::uint64_t>();
  media.size = size == kSizeNotTold ? std::nullopt : std::optional(size);
  media.duration = reader.text();
  media.session = reader.text();
  media.first_seen = static_cast<UnixSeconds>(reader.number<std::uint64_t>());
  if (media.size.value_or(0) > kMaxMediaSize || is_spelt_otherwise(media.session)) return std::nullopt;
  return media;
}

void append_attempt(std::string& out, const ListedAttempt& attempt) {
  append_text(out, attempt.id.text());
  append_big_endian(out, std::uint32_t{attempt.created.has_value()});
  append_big_endian(out, static_cast<std::uint64_t>(attempt.created.value_or(0)));
  append_big_endian(out, static_cast<std::uint64_t>(attempt.first_seen));
}

std::optional<ListedAttempt> read_attempt(Reader& reader) {
  auto id = read_id(reader);
  if (!id) return std::nullopt;
  const bool has_time = reader.number<std::uint32_t>() != 0;
  const auto time = static_cast<UnixSeconds>(reader.number<std::uint64_t>());
  return ListedAttempt{.id = *std::move(id),
                       .created = has_time ? std::optional(time) : std::nullopt,
                       .first_seen = static_cast<UnixSeconds>(reader.number<std::uint64_t>())};
}

std::optional<ListingKind> kind_of(std::uint32_t number) {
  for (const ListingKind kind :
       {ListingKind::session_media, ListingKind::attempt_media, ListingKind::session_attempts}) {
    if (number == static_cast<std::uint32_t>(kind)) return kind;
  }
  return std::nullopt;
}

/// A count and as many entries; false where one of them is none.
template <typename Entry>
bool read_all(Reader& reader, std::vector<Entry>& entries, std::optional<Entry> (*read)(Reader&)) {
  const auto count = reader.number<std::uint32_t>();
  if (count > kMaxListed) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    auto entry = read(reader);
    if (!entry) return false;
    entries.push_back(*std::move(entry));
  }
  return true;
}

}  // namespace

std::string encode_item(const StoredItem& stored) {
  const MediaItem& item = stored.item;
  std::string out;
  append_text(out, item.id.text());
  append_big_endian(out, static_cast<std::uint64_t>(item.revision));
  append_big_endian(out, item.size);
  append_big_endian(out, static_cast<std::uint64_t>(item.modified));
  append_big_endian(out, static_cast<std::uint64_t>(item.confirmed));
  append_big_endian(out, static_cast<std::uint64_t>(stored.stored_at));
  append_big_endian(out, static_cast<std::uint64_t>(stored.last_used_at));
  append_big_endian(out,
                    (item.complete ? kComplete : 0) | (item.unverified ? kUnverified : 0) | kHasTimeShown);
  append_text(out, std::string_view(item.content_type).substr(0, kMaxText));
  append_text(out, item.etag.size() <= kMaxText ? item.etag : std::string());
  append_big_endian(out, static_cast<std::uint64_t>(item.shown));
  out.resize((out.size() + kPadding - 1) / kPadding * kPadding, '\0');
  return out;
}

std::optional<StoredItem> decode_item(ByteView record) {
  Reader reader(record);
  auto id = read_id(reader);
  if (!id) return std::nullopt;
  StoredItem stored{.item = {.id = *std::move(id)}};
  MediaItem& item = stored.item;
  item.revision = Revision{reader.number<std::uint64_t>()};
  item.size = reader.number<std::uint64_t>();
  item.modified = static_cast<UnixSeconds>(reader.number<std::uint64_t>());
  item.confirmed = static_cast<UnixSeconds>(reader.number<std::uint64_t>());
  stored.stored_at = static_cast<UnixSeconds>(reader.number<std::uint64_t>());
  stored.last_used_at = static_cast<UnixSeconds>(reader.number<std::uint64_t>());
  const auto flags = reader.number<std::uint32_t>();
  item.complete = (flags & kComplete) != 0;
  item.unverified = (flags & kUnverified) != 0;
  item.content_type = reader.text();
  item.etag = reader.text();
  const bool has_time = (flags & kHasTimeShown) != 0;
  item.shown = has_time ? static_cast<UnixSeconds>(reader.number<std::uint64_t>()) : item.modified;
  if (!reader.only_padding_left() || record.size() % kPadding != 0 || item.size > kMaxMediaSize)
    return std::nullopt;
  return stored;
}

std::string encode_listing(const Listing& listing) {
  std::string out;
  append_big_endian(out, static_cast<std::uint32_t>(listing.key.kind));
  append_text(out, listing.key.id.text());
  append_big_endian(out, static_cast<std::uint64_t>(listing.listed));
  append_big_endian(out, static_cast<std::uint64_t>(listing.changed));
  append_big_endian(out, static_cast<std::uint32_t>(listing.media.size()));
  for (const ListedMedia& media : listing.media) append_media(out, media);
  append_big_endian(out, static_cast<std::uint32_t>(listing.attempts.size()));
  for (const ListedAttempt& attempt : listing.attempts) append_attempt(out, attempt);
  return out;
}

std::optional<Listing> decode_listing(ByteView record) {
  Reader reader(record);
  const auto kind = kind_of(reader.number<std::uint32_t>());
  auto id = read_id(reader);
  if (!id || !kind) return std::nullopt;
  Listing listing{.key = {*kind, *std::move(id)}};
  listing.listed = static_cast<UnixSeconds>(reader.number<std::uint64_t>());
  listing.changed = static_cast<UnixSeconds>(reader.number<std::uint64_t>());
  const bool whole =
      read_all(reader, listing.media, read_media) && read_all(reader, listing.attempts, read_attempt);
  return whole && reader.only_padding_left() ? std::optional(std::move(listing)) : std::nullopt;
}

}  // namespace mediafs
