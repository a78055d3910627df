// What kind of file a media is: its type, and the extension by which programs know it. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mediafs {

/// What is known of nothing else (RFC 2046 section 4.5.1).
inline constexpr std::string_view kUnknownType = "application/octet-stream";

/// The extension, without its dot, of a type in lower case without parameters; "bin" where it has none.
std::string_view extension_of(std::string_view type);

/// One that extension_of gives.
bool is_extension(std::string_view text);

/// The type's name in the freedesktop shared MIME database; the type itself where that has no other.
std::string_view freedesktop_type(std::string_view type);

/// The type that a listing means, whatever it calls it: "image/JPEG; q=1", "jpg", ".jpeg". Lower case,
/// without parameters, of at most 128 characters (RFC 6838 section 4.2). Nothing where it is neither a type
/// nor a known extension.
std::optional<std::string> media_type_in(std::string_view text);

}  // namespace mediafs
