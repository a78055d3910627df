#include "api/api_error.h"

#include <nlohmann/json.hpp>

namespace mediafs {

namespace {

using nlohmann::json;

std::string text_in(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number_integer()) return found->dump();
  return {};
}

bool is_authorization_code(std::string_view code) {
  return code.size() == 4 && code >= "1801" && code <= "1819";
}

bool is_unknown_id_code(std::string_view code) {
  return code == "1001" || code == "1002" || code == "1104";
}

}  // namespace

std::optional<ApiError> parse_api_error(std::string_view body) {
  // Depth is bounded before parsing: nlohmann's parser keeps its own stack, but what it builds is destroyed
  // level by level.
  const auto depth_limit = [](int depth, json::parse_event_t, json&) { return depth <= 8; };
  const json parsed = json::parse(body, depth_limit, /*allow_exceptions=*/false);
  if (!parsed.is_object() || text_in(parsed, "status") != "fail") return std::nullopt;
  return ApiError{text_in(parsed, "code"), text_in(parsed, "message")};
}

bool is_authorization_failure(int status, std::string_view code) {
  return status == 401 || status == 403 || (status == 400 && is_authorization_code(code));
}

Errc meaning_of(int status, std::string_view code) {
  switch (status) {
    case 400:
      if (is_unknown_id_code(code)) return Errc::not_found;
      if (is_authorization_code(code)) return Errc::denied;
      return Errc::invalid_argument;
    case 401:
    case 403:
      return Errc::denied;
    case 404:
    case 410:
      return Errc::not_found;
    case 429:
      return Errc::throttled;
    case 408:
    case 500:
    case 502:
    case 503:
    case 504:
      return Errc::unavailable;
    default:
      return Errc::outside_api;
  }
}

}  // namespace mediafs
