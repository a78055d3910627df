#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mediafs::sandbox {

enum class RangeAnswer { kWhole, kPart, kUnsatisfiable };

// What a Range header asks of a body.
struct RangeRequest {
  RangeAnswer answer = RangeAnswer::kWhole;
  std::uint64_t begin = 0;
  std::uint64_t size = 0;
};

// Reads a header of the forms `bytes=a-b`, `bytes=a-` and `bytes=-n`. Anything else, several ranges
// among them, asks for the whole body, as RFC 9110 allows.
RangeRequest parse_range(std::string_view header, std::uint64_t body_size);

// `bytes a-b/size`.
std::string content_range(std::uint64_t begin, std::uint64_t size, std::uint64_t body_size);

}  // namespace mediafs::sandbox
