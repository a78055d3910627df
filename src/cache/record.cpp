#include "cache/record.h"

#include <algorithm>

namespace mediafs {

namespace {

constexpr std::size_t kPadding = 256;
constexpr std::size_t kMaxText = 4096;
constexpr std::uint32_t kComplete = 1;
constexpr std::uint32_t kUnverified = 2;

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

}  // namespace

std::string encode_item(const MediaItem& item) {
  std::string out;
  append_text(out, item.id.text());
  append_big_endian(out, static_cast<std::uint64_t>(item.revision));
  append_big_endian(out, item.size);
  append_big_endian(out, static_cast<std::uint64_t>(item.modified));
  append_big_endian(out, (item.complete ? kComplete : 0) | (item.unverified ? kUnverified : 0));
  append_text(out, std::string_view(item.content_type).substr(0, kMaxText));
  append_text(out, item.etag.size() <= kMaxText ? item.etag : std::string());
  out.resize((out.size() + kPadding - 1) / kPadding * kPadding, '\0');
  return out;
}

std::optional<MediaItem> decode_item(ByteView record) {
  Reader reader(record);
  auto id = MediaId::parse(reader.text());
  if (!id) return std::nullopt;
  MediaItem item{.id = *std::move(id)};
  item.revision = Revision{reader.number<std::uint64_t>()};
  item.size = reader.number<std::uint64_t>();
  item.modified = static_cast<UnixSeconds>(reader.number<std::uint64_t>());
  const auto flags = reader.number<std::uint32_t>();
  item.complete = (flags & kComplete) != 0;
  item.unverified = (flags & kUnverified) != 0;
  item.content_type = reader.text();
  item.etag = reader.text();
  if (!reader.only_padding_left() || record.size() % kPadding != 0 || item.size > kMaxMediaSize)
    return std::nullopt;
  return item;
}

}  // namespace mediafs
