#include "cli/cache_requests.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include <fmt/format.h>

namespace mediafs {

namespace {

constexpr const char* kActions[] = {"stats", "verify", "erase", "clear", "give-way"};

std::string_view name_of(CacheRequest::Action action) {
  return kActions[static_cast<std::size_t>(action)];
}

/// Texts may hold spaces and anything else: a line of words must not.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c > ' ' && c < 0x7f && c != '%' && c != '=') {
      out += c;
    } else {
      out += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char value = 0;
    const bool coded = text[i] == '%' && i + 2 < text.size() &&
                       std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ec == std::errc{};
    out += coded ? static_cast<char>(value) : text[i];
    if (coded) i += 2;
  }
  return out;
}

CacheAnswer stats_of(const CacheControl& control) {
  const Cache::Stats stats = control.cache.stats();
  CacheAnswer answer{
      {"used", std::to_string(stats.used)},           {"media", std::to_string(stats.media)},
      {"chunks", std::to_string(stats.chunks)},       {"listings", std::to_string(stats.listings)},
      {"hits", std::to_string(stats.hits)},           {"misses", std::to_string(stats.misses)},
      {"evictions", std::to_string(stats.evictions)}, {"trouble", stats.trouble}};
  const bool mounted = control.give_way == nullptr;
  if (mounted) answer["limit"] = std::to_string(stats.limit);
  if (!control.mountpoint.empty()) answer["mountpoint"] = control.mountpoint;
  if (stats.oldest) answer["oldest"] = std::to_string(stats.oldest->count());
  return answer;
}

}  // namespace

std::string encode(const CacheRequest& request) {
  std::string line(name_of(request.action));
  if (request.action == CacheRequest::Action::verify) line += fmt::format(" {}", request.bytes_per_second);
  for (const MediaId& id : request.media) line += " media " + id.text();
  for (const MediaId& id : request.sessions) line += " session " + id.text();
  return line;
}

Result<CacheRequest> decode_request(std::string_view line) {
  const Error unknown{Errc::invalid_argument, "a request of another version of mediafs"};
  std::istringstream words{std::string(line)};
  std::string word;
  words >> word;
  CacheRequest request;
  const auto* const action = std::find(std::begin(kActions), std::end(kActions), word);
  if (action == std::end(kActions)) return unknown;
  request.action = static_cast<CacheRequest::Action>(action - std::begin(kActions));  // NOLINT: one of them
  if (request.action == CacheRequest::Action::verify && !(words >> request.bytes_per_second)) return unknown;
  std::string text;
  while (words >> word >> text) {
    auto id = MediaId::parse(text);
    if (!id || (word != "media" && word != "session")) return unknown;
    (word == "media" ? request.media : request.sessions).push_back(*std::move(id));
  }
  return request;
}

std::string encode(const CacheAnswer& answer) {
  std::string line;
  for (const auto& [name, value] : answer)
    line += fmt::format("{}{}={}", line.empty() ? "" : " ", name, escaped(value));
  return line;
}

CacheAnswer decode_answer(std::string_view line) {
  CacheAnswer answer;
  std::istringstream words{std::string(line)};
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    if (equals != std::string::npos)
      answer[word.substr(0, equals)] = unescaped(std::string_view(word).substr(equals + 1));
  }
  return answer;
}

Result<CacheAnswer> carry_out(const CacheRequest& request, const CacheControl& control,
                              const CacheProgress& progress) {
  switch (request.action) {
    case CacheRequest::Action::stats:
      break;
    case CacheRequest::Action::verify: {
      const Cache::Verified verified = control.cache.verify(request.bytes_per_second, progress);
      if (verified.ended_early) return Error{Errc::cancelled, "ended before everything had been opened"};
      return CacheAnswer{{"records", std::to_string(verified.records)},
                         {"bad", std::to_string(verified.bad)}};
    }
    case CacheRequest::Action::erase: {
      const auto erased = control.erase(request.media, request.sessions);
      if (!erased) return erased.error();
      return CacheAnswer{{"erased", std::to_string(*erased)}};
    }
    case CacheRequest::Action::clear: {
      const Status cleared = control.clear();
      if (!cleared) return cleared.error();
      return CacheAnswer{};
    }
    case CacheRequest::Action::give_way:
      if (!control.give_way) return Error{Errc::unavailable, "a server has this cache"};
      control.give_way();
      return CacheAnswer{};
  }
  return stats_of(control);
}

}  // namespace mediafs
