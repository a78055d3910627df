#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace mediafs::sandbox {

// Whether `text` fits the id grammar [0-9A-Za-z][0-9A-Za-z_-]{15,127}.
constexpr bool is_media_id(std::string_view text) {
  constexpr std::size_t kLeast = 16;
  constexpr std::size_t kMost = 128;
  const auto is_alphanumeric = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  };
  const auto is_allowed = [&](char c) { return is_alphanumeric(c) || c == '_' || c == '-'; };
  return text.size() >= kLeast && text.size() <= kMost && is_alphanumeric(text.front()) &&
         std::all_of(text.begin(), text.end(), is_allowed);
}

}  // namespace mediafs::sandbox
