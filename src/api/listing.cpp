#include "mediafs/api/listing.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "api/json_reader.h"
#include "mediafs/model/chunk.h"
#include "mediafs/model/media_type.h"

namespace mediafs {

namespace {

constexpr std::size_t kLongestText = 256;  // of a context

const std::string* text_in(const JsonFields& entry, std::string_view name) {
  const JsonField* const field = entry.find(name);
  return field == nullptr ? nullptr : std::get_if<std::string>(field);
}

/// A number, or one as a string of digits.
std::optional<std::uint64_t> size_in(const JsonFields& entry) {
  const JsonField* const field = entry.find("size");
  if (field == nullptr) return std::nullopt;
  const auto* const number = std::get_if<std::uint64_t>(field);
  const auto* const text = std::get_if<std::string>(field);
  std::uint64_t size = number == nullptr ? 0 : *number;
  if (text != nullptr) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), size);
    if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  }
  const bool told = number != nullptr || text != nullptr;
  return told && size <= kMaxMediaSize ? std::optional(size) : std::nullopt;
}

/// How well a type is known.
enum class TypeFrom { nowhere, array, entry };

/// What an array of the API holds, where an entry does not say it itself.
std::optional<std::string_view> type_by(std::string_view array) {
  if (array == "images") return "image/jpeg";
  if (array == "videos") return "video/mp4";
  if (array == "nfcDocuments") return "application/json";
  return std::nullopt;
}

std::pair<std::string, TypeFrom> type_in(const JsonFields& entry, std::string_view array) {
  const std::string* const text = text_in(entry, "mimetype");
  if (auto type = text == nullptr ? std::nullopt : media_type_in(*text))
    return {*std::move(type), TypeFrom::entry};
  if (const auto type = type_by(array)) return {std::string(*type), TypeFrom::array};
  return {std::string(kUnknownType), TypeFrom::nowhere};
}

/// At most kLongestText bytes of it, whole characters of UTF-8, without control characters.
std::string plain_text(std::string_view text) {
  std::size_t end = std::min(text.size(), kLongestText);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  std::string out(text.substr(0, end));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '_');
  return out;
}

/// What the media shows; the API gives both names for it.
std::string context_in(const JsonFields& entry) {
  for (const char* const name : {"context", "name"}) {
    const std::string* const text = text_in(entry, name);
    if (text != nullptr && !text->empty()) return plain_text(*text);
  }
  return {};
}

/// Seconds, as a number or as one in a string; empty for anything else.
std::string duration_in(const JsonFields& entry) {
  const JsonField* const field = entry.find("duration");
  if (field == nullptr) return {};
  if (const auto* const whole = std::get_if<std::uint64_t>(field)) return std::to_string(*whole);
  if (const auto* const number = std::get_if<long double>(field)) {
    return std::isfinite(*number) && *number >= 1e-3L && *number < 1e9L
               ? fmt::format("{}", static_cast<double>(*number))
               : std::string();
  }
  const auto* const text = std::get_if<std::string>(field);
  const bool plain = text != nullptr && text->size() <= 20 &&
                     text->find_first_not_of("0123456789.") == std::string::npos &&
                     std::count(text->begin(), text->end(), '.') <= 1;
  return plain ? *text : std::string();
}

/// The session that is listed, or that an entry of an attempt says it is of.
std::string session_in(const JsonFields& entry, const ListingKey& key) {
  if (key.kind == ListingKind::session_media) return key.id.text();
  const std::string* const text = text_in(entry, "sessionId");
  const auto session = text == nullptr ? Error{Errc::not_found, ""} : MediaId::parse(*text);
  return session ? session->text() : std::string();
}

/// A media as one entry has it.
struct MediaEntry {
  ListedMedia media;
  TypeFrom type_from{};
};

MediaEntry media_of(const JsonFields& entry, const MediaId& id, std::string_view array,
                    const ListingKey& key) {
  auto [type, type_from] = type_in(entry, array);
  return {.media = {.id = id,
                    .context = context_in(entry),
                    .content_type = std::move(type),
                    .size = size_in(entry),
                    .duration = duration_in(entry),
                    .session = session_in(entry, key)},
          .type_from = type_from};
}

ListedAttempt attempt_of(const JsonFields& entry, const MediaId& id) {
  const std::string* const created = text_in(entry, "createdTime");
  return {.id = id, .created = created == nullptr ? std::nullopt : parse_timestamp(*created)};
}

// Of two entries of one id. Neither depends on which is the first one.
const std::string& better(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return a.empty() ? b : a;
  return std::min(a, b);
}
MediaEntry merged(const MediaEntry& a, const MediaEntry& b) {
  const bool first =
      a.type_from != b.type_from ? a.type_from > b.type_from : a.media.content_type <= b.media.content_type;
  const MediaEntry& better_type = first ? a : b;
  return {.media = {.id = a.media.id,
                    .context = better(a.media.context, b.media.context),
                    .content_type = better_type.media.content_type,
                    .size = std::max(a.media.size, b.media.size),  // nothing is less than any
                    .duration = better(a.media.duration, b.media.duration),
                    .session = better(a.media.session, b.media.session)},
          .type_from = better_type.type_from};
}
ListedAttempt merged(const ListedAttempt& a, const ListedAttempt& b) {
  return {.id = a.id, .created = std::max(a.created, b.created)};
}

const MediaId& id_of(const MediaEntry& entry) {
  return entry.media.id;
}
const MediaId& id_of(const ListedAttempt& attempt) {
  return attempt.id;
}

/// Sorts by id and leaves one entry of each.
template <typename Entry>
void merge_by_id(std::vector<Entry>& entries) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return id_of(a) < id_of(b); });
  auto out = entries.begin();
  for (auto& entry : entries) {
    if (out != entries.begin() && id_of(*std::prev(out)) == id_of(entry)) {
      *std::prev(out) = merged(*std::prev(out), entry);
    } else {
      if (&*out != &entry) *out = std::move(entry);
      ++out;
    }
  }
  entries.erase(out, entries.end());
}

/// Some other JSON must not pass for an empty listing.
bool is_listing(const JsonFields& object, bool has_array) {
  const JsonField* const field = object.find("status");
  const std::string* const status = text_in(object, "status");
  const bool says_so = field == nullptr ? has_array : status != nullptr && *status == "success";
  return !object.ambiguous() && says_so;
}

/// Takes the entries of one listing.
class Entries {
 public:
  explicit Entries(const ListingKey& key) : key_(key) {}

  /// False: too many.
  bool take(const std::string& array, const JsonFields& entry) {
    if (!arrays().contains(array) && !looks_like_media(entry)) return true;
    if (++count_ > kMaxListed) return false;
    if (auto id = id_of_entry(entry)) {
      if (key_.kind == ListingKind::session_attempts) {
        attempts_.push_back(attempt_of(entry, *id));
      } else {
        media_.push_back(media_of(entry, *id, array, key_));
      }
    }
    return true;
  }

  /// That cannot be anything else.
  [[nodiscard]] const std::set<std::string, std::less<>>& arrays() const {
    static const std::set<std::string, std::less<>> kMedia{"images", "videos", "nfcDocuments"};
    static const std::set<std::string, std::less<>> kAttempts{"verifications"};
    return key_.kind == ListingKind::session_attempts ? kAttempts : kMedia;
  }
  [[nodiscard]] bool too_many() const { return count_ > kMaxListed; }
  [[nodiscard]] bool any() const { return count_ > 0; }

  ParsedListing parsed() {
    merge_by_id(media_);
    merge_by_id(attempts_);
    ParsedListing parsed{.listing = {.key = key_, .attempts = std::move(attempts_)}, .left_out = left_out_};
    parsed.listing.media.reserve(media_.size());
    for (MediaEntry& entry : media_) parsed.listing.media.push_back(std::move(entry.media));
    return parsed;
  }

 private:
  [[nodiscard]] bool looks_like_media(const JsonFields& entry) const {
    const std::string* const id = text_in(entry, "id");
    const bool is_own = id != nullptr && id_from(*id) == key_.id;
    return entry.find("id") != nullptr && !is_own &&
           std::ranges::any_of(std::initializer_list<const char*>{"mimetype", "size", "context", "url"},
                               [&](const char* field) { return entry.find(field) != nullptr; });
  }
  std::optional<MediaId> id_of_entry(const JsonFields& entry) {
    const JsonField* const field = entry.find("id");
    const std::string* const text = text_in(entry, "id");
    auto id = text == nullptr ? std::nullopt : id_from(*text);
    const bool is_own = id == key_.id && key_.kind != ListingKind::session_attempts;
    if (field == nullptr || std::holds_alternative<JsonNull>(*field)) {
      ++left_out_.without_id;
    } else if (!id) {
      ++left_out_.impossible_id;
    } else if (is_own) {
      ++left_out_.own_id;
    } else {
      return id;
    }
    return std::nullopt;
  }
  static std::optional<MediaId> id_from(const std::string& text) {
    auto id = MediaId::parse(text);
    return id ? std::optional(*std::move(id)) : std::nullopt;
  }

  const ListingKey& key_;
  std::size_t count_ = 0;
  std::vector<MediaEntry> media_;
  std::vector<ListedAttempt> attempts_;
  LeftOut left_out_;
};

}  // namespace

Result<ParsedListing> parse_listing(const ListingKey& key, std::string_view body) {
  Entries entries(key);
  const JsonTaker taker{.arrays = entries.arrays(),
                        .other_arrays = key.kind != ListingKind::session_attempts,
                        .fields = {"status", "id", "name", "context", "size", "mimetype", "duration", "url",
                                   "sessionId", "createdTime"},
                        .on_entry = [&](const std::string& array, const JsonFields& entry) {
                          return entries.take(array, entry);
                        }};
  const auto object = read_json(body, taker);
  if (entries.too_many())
    return Error{Errc::outside_api, fmt::format("a listing of more than {} entries", kMaxListed)};
  if (!object) return object.error();
  const bool has_array =
      entries.any() || std::ranges::any_of(entries.arrays(), [&](const std::string& array) {
        return object->find(array) != nullptr;
      });
  if (!is_listing(*object, has_array)) return Error{Errc::protocol, "JSON that is no listing"};
  return entries.parsed();
}

}  // namespace mediafs
