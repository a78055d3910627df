#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mediafs::sandbox {

// A size as people write it: `1000`, `64K`, `4M`, `1G` (powers of 1024).
std::optional<std::uint64_t> parse_size(std::string_view text);

// A duration as people write it: `50ms`, `6s`, `5m`. A unit is needed.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace mediafs::sandbox
