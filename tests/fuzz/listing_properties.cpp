// What has to be so whatever the API answers. Said here in other words than src/ has, so that a slip there is
// not repeated.
#include "fuzz/listing_properties.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cache/record.h"
#include "mediafs/api/listing.h"
#include "mediafs/base/text.h"
#include "mediafs/filesystem/directory.h"
#include "mediafs/filesystem/file_name.h"
#include "mediafs/model/chunk.h"
#include "mediafs/model/media_type.h"

namespace mediafs::fuzz {

namespace {

constexpr std::string_view kSession = "5e551011-0000-4000-8000-000000000001";  // that the corpus is about
constexpr std::string_view kNameCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
constexpr std::string_view kTypeCharacters = "abcdefghijklmnopqrstuvwxyz0123456789!#$&-^_.+";
constexpr UnixSeconds kYearZero = -62'167'219'200;
constexpr UnixSeconds kYear10000 = 253'402'300'800;
constexpr UnixSeconds kDay = 86'400;

class Broken {
 public:
  void unless(bool holds, std::string_view property, std::string_view of = {}) {
    if (!holds) said_.push_back(of.empty() ? std::string(property) : fmt::format("{}: \"{}\"", property, of));
  }
  [[nodiscard]] std::vector<std::string>&& said() { return std::move(said_); }

 private:
  std::vector<std::string> said_;
};

bool is_of(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

/// An id as it is spelt everywhere.
bool is_spelt_id(const std::string& text) {
  const auto id = MediaId::parse(text);
  return id && id->text() == text;
}

bool is_content_type(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view type = text.substr(0, slash);
  const std::string_view subtype = text.substr(std::min(slash + 1, text.size()));
  return !type.empty() && !subtype.empty() && is_of(type, kTypeCharacters) && is_of(subtype, kTypeCharacters);
}

void check_media(Broken& broken, const ListedMedia& media, const ListingKey& key) {
  broken.unless(is_spelt_id(media.id.text()), "an id is one", media.id.text());
  broken.unless(media.id != key.id, "a media is not what is listed");
  const std::uint64_t size = media.size.value_or(0);
  broken.unless(size <= kMaxMediaSize, "a size can be believed", std::to_string(size));
  broken.unless(is_content_type(media.content_type), "a type is one of RFC 6838", media.content_type);
  broken.unless(is_of(media.duration, "0123456789.e-"), "a duration is a number", media.duration);
  broken.unless(key.kind == ListingKind::session_media ? media.session == key.id.text()
                                                       : media.session.empty() || is_spelt_id(media.session),
                "a media is of the session", media.session);
  broken.unless(media.first_seen == 0, "times are left for whoever asked");
}

bool is_time(UnixSeconds time) {
  return time >= kYearZero - kDay && time < kYear10000 + kDay;
}

void check_attempt(Broken& broken, const ListedAttempt& attempt) {
  broken.unless(is_spelt_id(attempt.id.text()), "an id is one", attempt.id.text());
  broken.unless(is_time(attempt.created.value_or(0)), "a time has a year of four digits");
  broken.unless(attempt.first_seen == 0, "times are left for whoever asked");
}

/// Sorted, each once.
template <typename Entry>
bool ids_ascend(const std::vector<Entry>& entries) {
  return std::adjacent_find(entries.begin(), entries.end(),
                            [](const Entry& a, const Entry& b) { return a.id >= b.id; }) == entries.end();
}

void check_name(Broken& broken, const std::string& name, const ListedMedia& media) {
  broken.unless(!name.empty() && name.size() <= kLongestFileName, "a name has 1 to 100 characters", name);
  broken.unless(is_of(name, kNameCharacters), "a name is safe everywhere", name);
  broken.unless(!name.starts_with('.') && !name.starts_with('-'), "a name is no option and not hidden", name);
  broken.unless(can_be_file_name(name), "a name can be one", name);
  broken.unless(split_id_name(name).extension == extension_of(media.content_type),
                "a name's extension is the type's", name);
  broken.unless(name.find(media.id.text().substr(0, 8)) != std::string::npos, "a name has its id", name);
}

/// Two names that differ in case alone are of two ids that do.
void check_unique(Broken& broken, const std::vector<std::string>& names,
                  const std::vector<ListedMedia>& media) {
  std::set<std::string> seen;
  std::map<std::string, std::string> id_of;
  for (std::size_t i = 0; i < names.size(); ++i) {
    broken.unless(seen.insert(names[i]).second, "a name is unique", names[i]);
    const std::string id = lower_case(media[i].id.text());
    const auto known = id_of.try_emplace(lower_case(names[i]), id).first;
    broken.unless(known->second == id, "a name is unique, upper and lower case aside", names[i]);
  }
}

void check_names(Broken& broken, std::vector<ListedMedia> media) {
  std::vector<std::string> names = file_names(media);
  broken.unless(names.size() == media.size(), "every media has a name");
  if (names.size() != media.size()) return;
  for (std::size_t i = 0; i < names.size(); ++i) check_name(broken, names[i], media[i]);
  check_unique(broken, names, media);
  std::reverse(media.begin(), media.end());
  std::reverse(names.begin(), names.end());
  broken.unless(file_names(media) == names, "names do not depend on the order");
}

void check_entry(Broken& broken, const Directory& directory, const std::string& name, const Node& node) {
  const DirectoryEntry* const entry = directory.find(name);
  const bool is_node = entry != nullptr && entry->name == name && entry->node == node_number_of(node) &&
                       entry->type == type_of(node.kind);
  broken.unless(is_node, "a directory finds what is in it", name);
}

void check_directory(Broken& broken, const ListingRef& listing) {
  NodeTable nodes;
  const Directory directory = make_directory(listing, nodes);
  const std::vector<std::string> names = file_names(listing->media);
  const bool has_attempts = listing->key.kind == ListingKind::session_media;
  broken.unless(
      directory.entries.size() == 2 + names.size() + listing->attempts.size() + (has_attempts ? 1 : 0),
      "a directory has every entry, and no other");
  for (std::size_t i = 0; i < names.size(); ++i)
    check_entry(broken, directory, names[i], {NodeKind::media, listing->media[i].id, {}});
  for (const ListedAttempt& attempt : listing->attempts)
    check_entry(broken, directory, attempt.id.text(),
                {NodeKind::session_attempt, listing->key.id, attempt.id});
  if (has_attempts)
    check_entry(broken, directory, "attempts", {NodeKind::session_attempts, listing->key.id, {}});
  const auto unordered =
      std::adjacent_find(directory.entries.begin() + 2, directory.entries.end(),
                         [](const DirectoryEntry& a, const DirectoryEntry& b) { return a.name >= b.name; });
  broken.unless(unordered == directory.entries.end(), "a directory has each name once, in order");
  broken.unless(directory.find(".") == nullptr && directory.find("..") == nullptr, "the dots are not found");
}

void check_record(Broken& broken, const Listing& listing) {
  const std::string record = encode_listing(listing);
  broken.unless(decode_listing(bytes_of(record)) == listing, "a record comes back as it was");
  broken.unless(decode_listing(bytes_of(record + std::string(3, '\0'))) == listing, "a record can be padded");
  for (const std::size_t cut : {record.size() / 2, record.size() - 1})
    broken.unless(!decode_listing(bytes_of(record.substr(0, cut))), "a cut record is refused");
}

void check_listing(Broken& broken, const Listing& listing, const ListingKey& key) {
  const bool of_attempts = key.kind == ListingKind::session_attempts;
  broken.unless(listing.key == key && listing.listed == 0 && listing.changed == 0, "the key alone is told");
  broken.unless(of_attempts ? listing.media.empty() : listing.attempts.empty(), "there is one kind of entry");
  broken.unless(ids_ascend(listing.media) && ids_ascend(listing.attempts), "ids ascend");
  for (const ListedMedia& media : listing.media) check_media(broken, media, key);
  for (const ListedAttempt& attempt : listing.attempts) check_attempt(broken, attempt);
  check_names(broken, listing.media);
  check_directory(broken, std::make_shared<const Listing>(listing));
  check_record(broken, listing);
}

/// The API's order changes from answer to answer. Both bodies are written anew, so that they differ in
/// nothing else.
void check_order(Broken& broken, const ListingKey& key, std::string_view body) {
  nlohmann::json object = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return;  // a number that no double holds
  const auto before = parse_listing(key, object.dump());
  for (auto& member : object) {
    if (member.is_array()) std::reverse(member.begin(), member.end());
  }
  const auto after = parse_listing(key, object.dump());
  broken.unless(before.ok() == after.ok(), "an order is as good as another");
  if (!before || !after) return;
  broken.unless(before->listing == after->listing && before->left_out == after->left_out,
                "a listing does not depend on the order");
}

/// What parse_listing may say of a body that is none, or that says "fail".
bool is_refusal(Errc code) {
  return code == Errc::protocol || code == Errc::outside_api || code == Errc::not_found ||
         code == Errc::denied || code == Errc::invalid_argument;
}

/// Entries of the arrays that the API names, each with an id of its own: none is hidden, whatever else it
/// says.
void check_nothing_hidden(Broken& broken, const ListingKey& key, std::string_view body,
                          const ParsedListing& parsed) {
  const nlohmann::json object = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || key.kind == ListingKind::session_attempts) return;
  for (const char* const array : {"images", "videos", "nfcDocuments"}) {
    for (const nlohmann::json& entry : object.value(array, nlohmann::json::array())) {
      if (!entry.is_object() || !entry.contains("id") || !entry["id"].is_string()) continue;
      const auto id = MediaId::parse(entry["id"].get<std::string>());
      if (!id || *id == key.id || parsed.left_out.impossible_id > 0) continue;  // an id may be there twice
      const auto& media = parsed.listing.media;
      broken.unless(std::ranges::any_of(media, [&](const ListedMedia& one) { return one.id == *id; }),
                    "a media is hidden for its id alone", id->text());
    }
  }
}

void check_body(Broken& broken, ListingKind kind, std::string_view body) {
  const ListingKey key{kind, *MediaId::parse(kSession)};
  const auto parsed = parse_listing(key, body);
  if (!parsed) return broken.unless(is_refusal(parsed.error().code), "a refusal has a reason of its own");
  check_listing(broken, parsed->listing, key);
  check_order(broken, key, body);
  check_nothing_hidden(broken, key, body, *parsed);
}

void check_text(Broken& broken, std::string_view text) {
  const auto [id, extension] = split_id_name(text);
  const std::string together = extension.empty() ? std::string(id) : fmt::format("{}.{}", id, extension);
  broken.unless(together == text, "a name taken apart can be put together", text);
  const bool safe =
      !text.empty() && text.size() <= kLongestFileName && is_of(text, kNameCharacters) && text.front() != '.';
  broken.unless(safe || !can_be_file_name(text), "only a safe name can be one", text);
  broken.unless(is_time(parse_timestamp(text).value_or(0)), "a time has a year of four digits", text);
}

void check_foreign_record(Broken& broken, std::string_view record) {
  const auto listing = decode_listing(bytes_of(record));
  if (listing) broken.unless(decode_listing(bytes_of(encode_listing(*listing))) == listing, "a record lasts");
}

}  // namespace

std::vector<std::string> broken_properties(std::string_view input) {
  Broken broken;
  for (const auto kind :
       {ListingKind::session_media, ListingKind::attempt_media, ListingKind::session_attempts})
    check_body(broken, kind, input);
  check_text(broken, input);
  check_foreign_record(broken, input);
  return broken.said();
}

}  // namespace mediafs::fuzz
