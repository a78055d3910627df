// JSON as programs of this machine exchange it. What comes from a socket may be anything: nothing here
// throws, and nothing is nested so deeply that to copy or to print it would overflow the stack.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace mediafs {

using Json = nlohmann::ordered_json;

inline constexpr int kDeepestJson = 16;

/// Of what is no JSON, a value that is none of its types. What is nested too deeply is left out.
inline Json parse_json(std::string_view text) {
  const auto is_wanted = [](int depth, Json::parse_event_t /*event*/, const Json& /*value*/) {
    return depth <= kDeepestJson;
  };
  return Json::parse(text, is_wanted, /*allow_exceptions=*/false);
}

/// In ASCII alone, on one line or, with an indent, on many.
inline std::string json_text(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

/// 0 where it is no number of this object, or there is no object.
inline std::uint64_t number_in(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

inline std::string text_in(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace mediafs
