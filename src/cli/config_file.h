// The file of `--config`: one option a line.
//
//   # a comment
//   cache-dir = "/srv/a b"     # quotes of either kind around the whole value; a comment behind a blank
//   allow_other                # a flag; - and _ are the same in names
//
// There is no escape in quotes, and no line goes on in the next one. Line ends may be CRLF. Without quotes a
// value ends before a blank with # behind it, so that /srv/a#b stays whole. Of several lines with one name
// the last counts, and the command line counts more.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mediafs/base/result.h"

namespace mediafs {

struct ConfigLine {
  std::size_t number = 0;            // of the line, from 1
  std::string name;                  // of the option, with hyphens and without those in front
  std::optional<std::string> value;  // nothing: a name alone
};

/// The lines that hold an option. Errc::invalid_argument: as "3: the quotes are not closed".
Result<std::vector<ConfigLine>> parse_config(std::string_view text);

/// The file's text. Errors, with the path in them, where it is no regular file, too large (1 MiB) or cannot
/// be read.
Result<std::string> read_config(const std::string& path);

}  // namespace mediafs
