#include "mediafs/model/media_id.h"

#include <algorithm>

namespace mediafs {

namespace {

// Not std::isalnum: the locale has no say in what is signed.
bool alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

Result<MediaId> MediaId::parse(std::string_view text) {
  const bool valid =
      text.size() >= kMinLength && text.size() <= kMaxLength && alphanumeric(text.front()) &&
      std::all_of(text.begin(), text.end(), [](char c) { return alphanumeric(c) || c == '_' || c == '-'; });
  if (!valid) return Error{Errc::not_found, "not an id"};
  return MediaId(text);
}

}  // namespace mediafs
