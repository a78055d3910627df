// What the sandbox serves, as the tests expect to see it through the mount.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "mediafs/base/bytes.h"

namespace mediafs::e2e {

/// The id of a media of that many bytes; its content follows from the seed, and the sandbox has it without
/// being told.
std::string media_of(std::uint64_t size, std::string_view seed = "0123456789abcdef");

/// An id like any other, of no media.
inline constexpr const char* kUnknownId = "00000000-0000-4000-8000-000000000000";

/// What the origin says stands there, cut at the end of the media. REQUIRES: an id of media_of().
std::string origin_bytes(const std::string& id, std::uint64_t offset = 0,
                         std::uint64_t count = std::numeric_limits<std::uint64_t>::max());

/// For EXPECT_TRUE: says where two byte strings differ instead of printing them.
::testing::AssertionResult same_bytes(std::string_view actual, std::string_view expected);

/// The sha256 of such a media, as sha256sum prints it.
std::string origin_sha256(const std::string& id);

}  // namespace mediafs::e2e
