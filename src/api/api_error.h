#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mediafs/base/result.h"

namespace mediafs {

/// What an error body of the API says, {"status": "fail", "code": …, "message": …}: `code` as digits,
/// whatever JSON type it came in; `message` from whichever field has it.
struct ApiError {
  std::string code;
  std::string message;
};

/// Nothing where the body is not the API's: a JSON object with "status":"fail", or in an old form, which has
/// a code of four digits beside `message` or `error`, and for its status a number or nothing. Gateways send
/// what they like.
std::optional<ApiError> parse_api_error(std::string_view body);

/// The same, or what others send in place of a media: a number from 400 on for its status, beside `message`
/// or `error`.
bool is_error_form(std::string_view body);

/// Four digits.
bool is_api_code(std::string_view code);

/// What a status that is not 200 or 206, with the body's code if any, means. An 18xx is denied whatever the
/// status.
Errc meaning_of(int status, std::string_view code);

/// 18xx: it is of the key or the signature, whatever was asked for.
bool is_authorization_code(std::string_view code);

}  // namespace mediafs
