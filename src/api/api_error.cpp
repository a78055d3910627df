#include "api/api_error.h"

#include <algorithm>

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

/// Depth is bounded before parsing: nlohmann's parser keeps its own stack, but what it builds is destroyed
/// level by level.
json parsed_within_bounds(std::string_view text) {
  const auto depth_limit = [](int depth, json::parse_event_t, json&) { return depth <= 8; };
  return json::parse(text, depth_limit, /*allow_exceptions=*/false);
}

json parsed_leniently(std::string_view body) {
  json parsed = parsed_within_bounds(body);
  if (!parsed.is_discarded()) return parsed;
  std::string plain(body);  // perhaps for words that are not UTF-8
  std::replace_if(
      plain.begin(), plain.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return parsed_within_bounds(plain);
}

ApiError error_in(const json& object) {
  ApiError error{text_in(object, "code"), text_in(object, "message")};
  if (error.message.empty()) error.message = text_in(object, "error");
  return error;
}

bool is_unknown_id_code(std::string_view code) {
  return code == "1001" || code == "1002" || code == "1104";
}

/// An old form: no "fail", but a code of the API's beside words.
bool is_old_form(const json& object, const ApiError& error) {
  const auto status = object.find("status");
  const bool no_success = status == object.end() || status->is_number() || status->is_null();
  return no_success && is_api_code(error.code) && !error.message.empty();
}

bool is_api_form(const json& object, const ApiError& error) {
  return text_in(object, "status") == "fail" || is_old_form(object, error);
}

}  // namespace

bool is_api_code(std::string_view code) {
  return code.size() == 4 && code.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<ApiError> parse_api_error(std::string_view body) {
  const json parsed = parsed_leniently(body);
  if (!parsed.is_object()) return std::nullopt;
  ApiError error = error_in(parsed);
  return is_api_form(parsed, error) ? std::optional(std::move(error)) : std::nullopt;
}

bool is_error_form(std::string_view body) {
  const json parsed = parsed_leniently(body);
  if (!parsed.is_object()) return false;
  const ApiError error = error_in(parsed);
  const auto status = parsed.find("status");
  const bool is_http_error = status != parsed.end() && status->is_number_unsigned() &&
                             status->get<std::uint64_t>() >= 400 && !error.message.empty();
  return is_http_error || is_api_form(parsed, error);
}

bool is_authorization_code(std::string_view code) {
  return is_api_code(code) && code.starts_with("18");
}

Errc meaning_of(int status, std::string_view code) {
  if (is_authorization_code(code)) return Errc::denied;
  if (status >= 500 && status < 600) return Errc::unavailable;
  switch (status) {
    case 400:
      return is_unknown_id_code(code) ? Errc::impossible_id : Errc::invalid_argument;
    case 401:
    case 403:
      return Errc::denied;
    case 404:
    case 410:
      return Errc::not_found;
    case 429:
      return Errc::throttled;
    case 408:
    case 425:
      return Errc::unavailable;
    default:
      return Errc::outside_api;
  }
}

}  // namespace mediafs
