// Names that people read, made of what an API says that may be hostile: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mediafs/model/listing.h"

namespace mediafs {

inline constexpr std::size_t kLongestFileName = 100;

/// The names of a listing's media, in its order: CONTEXT-ID8.EXT, with the first 8 characters of the id, and
/// the whole id where names would be the same, upper and lower case aside. Each is unique (upper and lower
/// case aside too, where the ids differ in more than that), has 1 to kLongestFileName characters out of
/// [A-Za-z0-9._-], and begins with none of "." and "-".
std::vector<std::string> file_names(const std::vector<ListedMedia>& media);

/// Whether file_names could ever give it.
bool can_be_file_name(std::string_view name);

/// "ID.EXT" taken apart; without an extension where the name has none that extension_of gives.
struct IdName {
  std::string_view id;
  std::string_view extension;
};
IdName split_id_name(std::string_view name);

}  // namespace mediafs
