#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "mediafs/base/result.h"

namespace mediafs {

/// Has the form of RFC 9562 section 4, in either case.
bool is_uuid(std::string_view text);

/// The opaque name of one media, session or attempt at the API.
///
/// Nothing is ever signed or requested that is not one of these (a request's signature covers the bare id, so
/// a loose grammar would make the client sign whatever a hostile listing says).
class MediaId {
 public:
  static constexpr std::size_t kMinLength = 16;
  static constexpr std::size_t kMaxLength = 128;

  /// Accepts [0-9A-Za-z][0-9A-Za-z_-]{15,127} and nothing else; not_found otherwise, as for any name that
  /// cannot exist. A UUID is made lower case, as the API has it: two spellings are one id.
  static Result<MediaId> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  auto operator<=>(const MediaId&) const = default;

 private:
  explicit MediaId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace mediafs

template <>
struct std::hash<mediafs::MediaId> {
  std::size_t operator()(const mediafs::MediaId& id) const noexcept {
    return std::hash<std::string>()(id.text());
  }
};
