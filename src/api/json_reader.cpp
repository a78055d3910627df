#include "api/json_reader.h"

#include <map>
#include <vector>

#include <nlohmann/json.hpp>

namespace mediafs {

namespace {

// With long double a number such as 1e400 is one bad field, and not the end of the whole listing.
using Json =
    nlohmann::basic_json<std::map, std::vector, std::string, bool, std::int64_t, std::uint64_t, long double>;

constexpr int kDeepest = 32;
constexpr int kMembers = 1;   // the depth within the object itself
constexpr int kElements = 2;  // within one of its arrays
constexpr int kEntry = 3;     // within an object of that

/// nlohmann's SAX interface; each call returns false to end.
class Reader {
 public:
  explicit Reader(const JsonTaker& taker) : taker_(taker) {}

  bool null() { return take(JsonNull{}); }
  bool boolean(bool /*value*/) { return take(JsonOther{}); }
  bool number_integer(std::int64_t /*negative*/) { return take(JsonOther{}); }
  bool number_unsigned(std::uint64_t value) { return take(value); }
  bool number_float(long double value, const std::string& /*text*/) { return take(value); }
  bool string(std::string& value) { return take(std::move(value)); }
  bool binary(Json::binary_t& /*value*/) { return false; }

  bool start_object(std::size_t /*size*/) {
    const bool is_entry = in_array_ && depth_ == kElements;
    if (is_entry) {
      in_entry_ = true;
      entry_ = JsonFields();
    } else if (depth_ >= kMembers && !take(JsonOther{})) {  // a field of the wrong type
      return false;
    }
    return ++depth_ <= kDeepest;
  }
  bool end_object() {
    if (--depth_ != kElements || !in_entry_) return true;
    in_entry_ = false;
    return give(entry_);
  }
  bool start_array(std::size_t /*size*/) {
    if (depth_ < kMembers) return false;  // the text is no object
    if (depth_ == kMembers && (taker_.other_arrays || taker_.arrays.contains(name_))) {
      members_.add(name_, JsonOther{});
      in_array_ = true;
      array_ = name_;
    } else if (!take(JsonOther{})) {
      return false;
    }
    return ++depth_ <= kDeepest;
  }
  bool end_array() {
    if (--depth_ == kMembers) in_array_ = false;
    return true;
  }
  bool key(std::string& name) {
    if (depth_ == kMembers || depth_ == kEntry) name_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/, const Json::exception& /*error*/) {
    return false;
  }

  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] JsonFields&& members() { return std::move(members_); }

 private:
  /// A value where one is expected; a container counts as one of no type that is wanted.
  bool take(JsonField value) {
    if (depth_ < kMembers) return false;
    if (in_array_ && depth_ == kElements) return give(JsonFields());
    // An array that is something else must not pass for an empty one.
    if (depth_ == kMembers && taker_.arrays.contains(name_)) return std::holds_alternative<JsonNull>(value);
    if (!taker_.fields.contains(name_)) return true;
    if (depth_ == kMembers) {
      members_.add(name_, std::move(value));
    } else if (depth_ == kEntry && in_entry_) {
      entry_.add(name_, std::move(value));
    }
    return true;
  }
  bool give(const JsonFields& entry) {
    ended_ = !taker_.on_entry(array_, entry);
    return !ended_;
  }

  const JsonTaker& taker_;
  int depth_ = 0;
  bool in_array_ = false;  // one that is wanted
  bool in_entry_ = false;  // an object of it
  bool ended_ = false;
  std::string name_;   // of the field that comes next
  std::string array_;  // that is being read
  JsonFields members_;
  JsonFields entry_;
};

}  // namespace

void JsonFields::add(const std::string& name, JsonField&& value) {
  const auto [place, added] = fields_.try_emplace(name, std::move(value));
  if (added) return;
  place->second = JsonOther{};
  ambiguous_ = true;
}

const JsonField* JsonFields::find(std::string_view name) const {
  const auto found = fields_.find(name);
  return found == fields_.end() ? nullptr : &found->second;
}

Result<JsonFields> read_json(std::string_view text, const JsonTaker& taker) {
  if (text.starts_with("\xEF\xBB\xBF")) return Error{Errc::protocol, "a byte order mark before JSON"};
  Reader reader(taker);
  if (Json::sax_parse(text, &reader)) return reader.members();
  return reader.ended() ? Error{Errc::cancelled, "ended"}
                        : Error{Errc::protocol, "not the JSON that was asked for"};
}

}  // namespace mediafs
