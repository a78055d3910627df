#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mediafs/base/result.h"
#include "mediafs/base/secret.h"
#include "mediafs/model/media_id.h"

namespace mediafs {

/// One integration's API key and its shared secrets (several while one is being rotated), first choice first.
struct Credentials {
  SecretString api_key;
  std::vector<SecretString> shared_secrets;
};

/// Reads lines `api_key=…` and `shared_secret=…` (the latter as often as there are secrets); empty lines and
/// lines that begin with # are skipped, as are blanks at a line's ends and around the =, and a pair of quotes
/// around the value. invalid_argument otherwise, in words that hold nothing of the text.
Result<Credentials> parse_credentials(std::string_view text);

/// Why the credentials may not be what they should, in words that hold nothing of them: the API alone knows.
std::vector<std::string> doubts_about(const Credentials& credentials);

/// The request signature: lower case hex of HMAC-SHA256(secret, id). A captured one can be replayed for ever
/// (it is bound to no time, method or host), so it is as secret as a password.
SecretString sign(const SecretString& secret, const MediaId& id);

}  // namespace mediafs
