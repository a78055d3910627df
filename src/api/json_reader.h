// A listing's JSON, read entry by entry: nothing is built of what is not wanted.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include "mediafs/base/result.h"

namespace mediafs {

/// A field's value; what is a container, a boolean or no number that an integer holds is only that.
struct JsonOther {};
struct JsonNull {};
using JsonField = std::variant<JsonNull, std::uint64_t, long double, std::string, JsonOther>;

/// The fields of one flat object that somebody asks for.
class JsonFields {
 public:
  void add(const std::string& name, JsonField&& value);
  /// Null where it is missing.
  [[nodiscard]] const JsonField* find(std::string_view name) const;
  /// A name stood there twice.
  [[nodiscard]] bool ambiguous() const { return ambiguous_; }

 private:
  std::map<std::string, JsonField, std::less<>> fields_;
  bool ambiguous_ = false;
};

/// What is wanted of a JSON object whose members are scalars or arrays of objects.
struct JsonTaker {
  std::set<std::string, std::less<>> arrays;  // whose elements are entries
  bool other_arrays = false;                  // those of any other array are entries too
  std::set<std::string, std::less<>> fields;  // of the object and of its entries
  /// An entry; with no fields where the element is no object. A field that stands there twice is JsonOther:
  /// nobody can tell which one is meant. False: no more of it.
  std::function<bool(const std::string& array, const JsonFields& entry)> on_entry;
};

/// Reads one JSON text (RFC 8259: UTF-8, no byte order mark, nothing behind it), at most 32 levels deep, and
/// gives the fields of the object itself, among them a JsonOther for each array that is read.
/// Errc::protocol where it is none, or one of the named arrays is neither that nor null; Errc::cancelled
/// where on_entry ended it.
Result<JsonFields> read_json(std::string_view text, const JsonTaker& taker);

}  // namespace mediafs
