#include "mediafs/api/listing.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include <fmt/format.h>

#include "api/api_error.h"
#include "api/json_reader.h"
#include "mediafs/base/text.h"
#include "mediafs/model/chunk.h"

namespace mediafs {

namespace {

constexpr std::size_t kLongestText = 256;  // of a context
constexpr std::size_t kLongestType = 128;

const std::string* text_in(const JsonFields& entry, std::string_view name) {
  const JsonField* const field = entry.find(name);
  return field == nullptr ? nullptr : std::get_if<std::string>(field);
}

std::optional<MediaId> id_in(const JsonFields& entry) {
  const std::string* const text = text_in(entry, "id");
  if (text == nullptr) return std::nullopt;
  auto id = MediaId::parse(*text);
  return id ? std::optional(*std::move(id)) : std::nullopt;
}

std::optional<std::uint64_t> size_in(const JsonFields& entry) {
  const JsonField* const field = entry.find("size");
  const auto* const size = field == nullptr ? nullptr : std::get_if<std::uint64_t>(field);
  return size != nullptr && *size <= kMaxMediaSize ? std::optional(*size) : std::nullopt;
}

/// A restricted-name (RFC 6838 section 4.2), in lower case.
bool is_type_name(std::string_view text) {
  constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::string_view kAny = "abcdefghijklmnopqrstuvwxyz0123456789!#$&-^_.+";
  return !text.empty() && kFirst.find(text.front()) != std::string_view::npos &&
         text.find_first_not_of(kAny) == std::string_view::npos;
}

/// "type/subtype" without parameters.
std::optional<std::string> type_in(const JsonFields& entry) {
  const std::string* const text = text_in(entry, "mimetype");
  if (text == nullptr) return std::nullopt;
  std::string type = lower_case(trimmed(std::string_view(*text).substr(0, text->find(';'))));
  const std::size_t slash = std::min(type.find('/'), type.size());
  const bool valid = type.size() <= kLongestType && slash < type.size() &&
                     is_type_name(std::string_view(type).substr(0, slash)) &&
                     is_type_name(std::string_view(type).substr(slash + 1));
  return valid ? std::optional(std::move(type)) : std::nullopt;
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

/// The session that an entry says it is of; nothing where it says what cannot be.
std::optional<std::string> session_in(const JsonFields& entry, const ListingKey& key) {
  const JsonField* const field = entry.find("sessionId");
  if (field == nullptr || std::holds_alternative<JsonNull>(*field)) {
    return key.kind == ListingKind::session_media ? key.id.text() : std::string();
  }
  const auto* const text = std::get_if<std::string>(field);
  if (text == nullptr || !MediaId::parse(*text)) return std::nullopt;
  if (key.kind == ListingKind::session_media && *text != key.id.text()) return std::nullopt;
  return *text;
}

std::optional<ListedMedia> media_of(const JsonFields& entry, const ListingKey& key) {
  auto id = id_in(entry);
  const auto size = size_in(entry);
  auto type = type_in(entry);
  auto session = session_in(entry, key);
  if (entry.ambiguous() || !id || !size || !type || !session) return std::nullopt;
  return ListedMedia{.id = *std::move(id),
                     .context = context_in(entry),
                     .content_type = *std::move(type),
                     .size = *size,
                     .duration = duration_in(entry),
                     .session = *std::move(session)};
}

std::optional<ListedAttempt> attempt_of(const JsonFields& entry) {
  auto id = id_in(entry);
  if (entry.ambiguous() || !id) return std::nullopt;
  const std::string* const created = text_in(entry, "createdTime");
  return ListedAttempt{.id = *std::move(id),
                       .created = created == nullptr ? std::nullopt : parse_timestamp(*created)};
}

/// Whether two entries of one id can be one media.
bool agree(const ListedMedia& a, const ListedMedia& b) {
  return a.size == b.size && a.content_type == b.content_type && a.session == b.session;
}
bool agree(const ListedAttempt& /*a*/, const ListedAttempt& /*b*/) {
  return true;
}

auto order_of(const ListedMedia& media) {
  return std::tie(media.id, media.context, media.duration);
}
auto order_of(const ListedAttempt& attempt) {
  return std::tuple(attempt.id, !attempt.created,
                    -attempt.created.value_or(0));  // the latest time comes first
}

/// Sorts by id and leaves one entry of each; none where they contradict each other. How many went for that.
template <typename Entry>
std::size_t make_unique_by_id(std::vector<Entry>& entries) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return order_of(a) < order_of(b); });
  std::size_t left_out = 0;
  auto out = entries.begin();
  for (auto first = entries.begin(); first != entries.end();) {
    const auto past = std::find_if(first, entries.end(), [&](const Entry& e) { return e.id != first->id; });
    if (std::all_of(first, past, [&](const Entry& e) { return agree(e, *first); })) {
      if (out != first) *out = std::move(*first);
      ++out;
    } else {
      left_out += static_cast<std::size_t>(past - first);
    }
    first = past;
  }
  entries.erase(out, entries.end());
  return left_out;
}

/// The API's way of saying no with a 200.
std::optional<Error> failure_in(const JsonFields& object) {
  const std::string* const status = text_in(object, "status");
  if (status == nullptr || *status != "fail") return std::nullopt;
  const JsonField* const field = object.find("code");
  std::string code;
  if (field != nullptr) {
    if (const auto* const text = std::get_if<std::string>(field)) code = *text;
    if (const auto* const number = std::get_if<std::uint64_t>(field)) code = std::to_string(*number);
  }
  return Error{code.empty() ? Errc::outside_api : meaning_of(400, code), "a listing that says \"fail\""};
}

/// Some other JSON must not pass for an empty listing.
bool is_listing(const JsonFields& object, const JsonTaker& taker) {
  const JsonField* const field = object.find("status");
  const std::string* const status = text_in(object, "status");
  const bool has_array = std::any_of(taker.arrays.begin(), taker.arrays.end(),
                                     [&](const std::string& array) { return object.find(array) != nullptr; });
  const bool says_so = field == nullptr ? has_array : status != nullptr && *status == "success";
  return !object.ambiguous() && says_so;
}

}  // namespace

Result<ParsedListing> parse_listing(const ListingKey& key, std::string_view body) {
  ParsedListing parsed{.listing = {.key = key}};
  Listing& listing = parsed.listing;
  std::size_t entries = 0;
  JsonTaker taker{.arrays = {"images", "videos", "nfcDocuments"},
                  .fields = {"status", "code", "id", "name", "context", "size", "mimetype", "duration",
                             "sessionId", "createdTime"},
                  .on_entry = {}};
  if (key.kind == ListingKind::session_attempts) taker.arrays = {"verifications"};
  taker.on_entry = [&](const std::string&, const JsonFields& entry) {
    if (++entries > kMaxListed) return false;
    if (key.kind == ListingKind::session_attempts) {
      auto attempt = attempt_of(entry);
      attempt ? listing.attempts.push_back(*std::move(attempt)) : void(++parsed.left_out);
    } else {
      auto media = media_of(entry, key);
      media ? listing.media.push_back(*std::move(media)) : void(++parsed.left_out);
    }
    return true;
  };
  const auto object = read_json(body, taker);
  if (entries > kMaxListed)
    return Error{Errc::outside_api, fmt::format("a listing of more than {} entries", kMaxListed)};
  if (!object) return object.error();
  if (auto failure = failure_in(*object)) return *std::move(failure);
  if (!is_listing(*object, taker)) return Error{Errc::protocol, "JSON that is no listing"};
  parsed.left_out += make_unique_by_id(listing.media) + make_unique_by_id(listing.attempts);
  return parsed;
}

}  // namespace mediafs
