#include "synthetic.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <system_error>

namespace mediafs::sandbox {
namespace {

constexpr std::uint64_t kWord = sizeof(std::uint64_t);

// The finaliser of splitmix64: each word is a hash of its position, so any offset costs the same.
constexpr std::uint64_t word_at(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t z = seed + (index + 1) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

// Copies the part of one word that starts `skip` bytes into it.
std::size_t fill_partial(std::uint64_t word, std::size_t skip, std::span<std::byte> out) {
  const std::size_t count = std::min<std::size_t>(kWord - skip, out.size());
  std::memcpy(out.data(), std::as_bytes(std::span(&word, 1)).data() + skip, count);
  return count;
}

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

}  // namespace

std::optional<Synthetic> synthetic_from_id(std::string_view id) {
  constexpr std::string_view kPrefix = "gen-";
  if (!id.starts_with(kPrefix)) return std::nullopt;
  id.remove_prefix(kPrefix.size());
  const std::size_t dash = id.find('-');
  if (dash == 0 || dash == std::string_view::npos || dash + 1 == id.size()) return std::nullopt;
  Synthetic result;
  const char* const end = id.data() + dash;
  const auto [parsed, error] = std::from_chars(id.data(), end, result.size);
  if (error != std::errc() || parsed != end) return std::nullopt;
  result.seed = hash_of(id.substr(dash + 1));
  return result;
}

void fill_synthetic(std::uint64_t seed, std::uint64_t offset, std::span<std::byte> out) {
  std::uint64_t index = offset / kWord;
  if (offset % kWord != 0) {
    out = out.subspan(fill_partial(word_at(seed, index++), static_cast<std::size_t>(offset % kWord), out));
  }
  const std::size_t words = out.size() / kWord;
  std::byte* to = out.data();
  for (std::size_t i = 0; i < words; ++i, ++index, to += kWord) {
    const std::uint64_t word = word_at(seed, index);
    std::memcpy(to, &word, kWord);
  }
  out = out.subspan(words * kWord);
  if (!out.empty()) fill_partial(word_at(seed, index), 0, out);
}

}  // namespace mediafs::sandbox
