// What an answer that says no means, and how it is put to people. No text of an origin is logged before it
// has been washed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mediafs/api/credentials.h"
#include "mediafs/http/response.h"

namespace mediafs {

/// The text without what must not be logged: whatever is or may be an id, a signature or another hash (16 or
/// more characters of an id's alphabet, but for the names of the API's own headers), the API key and the
/// shared secrets, in any case.
std::string redacted(std::string_view text, const Credentials& credentials);

/// At most `most` bytes of what is redacted(), printable().
std::string washed(std::string_view text, const Credentials& credentials, std::size_t most = 200);

/// An answer that is not what was asked for.
struct Refused {
  int status = 0;
  std::string_view location;  // where a redirect points to
  std::string_view body;
  bool of_session = false;  // a session's listing was asked for
};

struct Refusal {
  Error error;          // its context is washed
  std::string code;     // the API's own; empty where the body has none
  bool by_api = false;  // the body is the API's
};

/// What meaning_of() says of its status and code, in words that help. A 200 or 206 whose body says no speaks
/// as a 400 does.
Refusal refusal_of(const Refused& answer, const Credentials& credentials);

}  // namespace mediafs
