#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mediafs/base/clock.h"

namespace mediafs {

/// `500ms`, `6s`, `5m`, `12h`, `30d`: a whole number and a unit. Nothing where it is neither, or beyond a
/// century.
std::optional<Duration> parse_duration(std::string_view text);

/// `4096`, `64K`, `64M`, `10G`, `2T`, powers of 1024. Nothing where it is none of them or overflows.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// A number, or the name of a user or group of this machine.
std::optional<unsigned> parse_user(const std::string& text);
std::optional<unsigned> parse_group(const std::string& text);

/// An octal mode such as 0400; nothing where it is none or has bits beyond 0777.
std::optional<unsigned> parse_mode(std::string_view text);

/// As `parse_size` takes it, but for people: "1.5 GiB".
std::string size_text(std::uint64_t bytes);

}  // namespace mediafs
