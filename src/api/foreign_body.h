// Which bodies are not the media that was asked for, whatever their head says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "mediafs/base/bytes.h"
#include "mediafs/base/result.h"

namespace mediafs {

/// What the head of a 200 or 206 says of its body.
struct BodyFacts {
  bool is_signed = false;
  bool from_the_start = true;           // of the media: no later part of it
  std::string_view content_type;        // without parameters, lower case
  std::optional<std::uint64_t> length;  // of this body
};

enum class BodyKind {
  undecided,  // more of it has to be seen
  media,
  html_page,   // unsigned: by its type or by how it begins
  plain_text,  // unsigned: by its type
  api_error,   // signed or not
  empty,
};

/// A body that begins with `{` and is no longer is seen whole before it is judged.
inline constexpr std::size_t kLongestApiError = 64_KiB;

/// Judges a body by its beginning; `ended`: that is all of it. This is the whole list of what is refused: any
/// other bytes are the media, whatever type they are said to be.
BodyKind kind_of_body(const BodyFacts& facts, std::string_view beginning, bool ended);

/// "an HTML page", for the log.
std::string_view to_string(BodyKind kind);

/// What came instead, and nothing of it; `type` is washed.
Error in_place_of_media(BodyKind kind, int status, std::string_view type,
                        std::optional<std::uint64_t> length);

enum class EmptyBody { believed, asked_again, refused };

/// What an empty body is worth, where the listing says so many bytes (nothing: none knows the media).
EmptyBody judge_empty_body(bool is_signed, std::optional<std::uint64_t> listed, bool asked_before);

}  // namespace mediafs
