#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mediafs/base/result.h"

namespace mediafs {

/// What an error body of the API says (api.md "Errors"): `code` as digits, whatever JSON type it came in.
struct ApiError {
  std::string code;
  std::string message;
};

/// Nothing where the body is no JSON object with "status":"fail" (proxies send what they like).
std::optional<ApiError> parse_api_error(std::string_view body);

/// The error table of api.md: what a status that is not 200 or 206, with the body's code if any, means.
Errc meaning_of(int status, std::string_view code);

/// 401, 403 and 18xx: another active secret may do.
bool is_authorization_failure(int status, std::string_view code);

}  // namespace mediafs
