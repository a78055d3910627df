// Values as people write them. An error says what is wrong with the text, to stand behind it: "has no unit".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"

namespace mediafs {

/// `500ms`, `6s`, `5m`, `12h`, `30d`, also `1.5h`, `30 s` and `30S`; rounded down to milliseconds. `0` needs
/// no unit. M is refused, since elsewhere it is months (systemd.time(7)); so is what is beyond a century.
Result<Duration> parse_duration(std::string_view text);

/// `4096`, `64K`, `64M`, `10G`, `2T`, also `10GiB`, `10Gi`, `10g` and `1.5G`: powers of 1024, rounded down to
/// bytes. KB, MB, GB and TB are refused: they are powers of 1000 by the standard (IEC 80000-13), and of 1024
/// to many who write them.
Result<std::uint64_t> parse_size(std::string_view text);

/// A number, or the name of a user or group of this machine.
Result<unsigned> parse_user(const std::string& text);
Result<unsigned> parse_group(const std::string& text);

/// An octal mode such as 0400, without bits beyond 0777.
Result<unsigned> parse_mode(std::string_view text);

/// true, yes, on; false, no, off; in any case.
Result<bool> parse_switch(std::string_view text);

/// As the parsers take it, whole: "30s", "128M", "4097".
std::string duration_option(Duration duration);
std::string size_option(std::uint64_t bytes);

/// For people: "1.5 GiB".
std::string size_text(std::uint64_t bytes);

}  // namespace mediafs
