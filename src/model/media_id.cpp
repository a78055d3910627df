#include "mediafs/model/media_id.h"

#include <algorithm>

#include "mediafs/base/text.h"

namespace mediafs {

namespace {

// Not std::isalnum: the locale has no say in what is signed.
bool alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

bool is_uuid(std::string_view text) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  constexpr std::string_view kHex = "0123456789abcdefABCDEF";
  return std::equal(text.begin(), text.end(), kForm.begin(), kForm.end(), [&](char c, char form) {
    return form == '-' ? c == '-' : kHex.find(c) != std::string_view::npos;
  });
}

Result<MediaId> MediaId::parse(std::string_view text) {
  const bool valid =
      text.size() >= kMinLength && text.size() <= kMaxLength && alphanumeric(text.front()) &&
      std::all_of(text.begin(), text.end(), [](char c) { return alphanumeric(c) || c == '_' || c == '-'; });
  if (!valid) return Error{Errc::not_found, "not an id"};
  return MediaId(is_uuid(text) ? lower_case(text) : std::string(text));
}

}  // namespace mediafs
