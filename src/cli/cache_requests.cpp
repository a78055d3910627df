#include "cli/cache_requests.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace mediafs {

namespace {

struct CacheResource {
  std::string_view path;
  std::string_view method;
};

constexpr CacheResource kResources[] = {{"/cache", "GET"},
                                        {"/cache/verify", "POST"},
                                        {"/cache/erase", "POST"},
                                        {"/cache/clear", "POST"},
                                        {"/cache/give-way", "POST"}};

std::vector<std::string> texts_of(const std::vector<MediaId>& ids) {
  std::vector<std::string> texts;
  std::ranges::transform(ids, std::back_inserter(texts), &MediaId::text);
  return texts;
}

/// Of an object's member, which need not be there.
Result<std::vector<MediaId>> ids_in(const Json& object, const char* name) {
  const Error malformed{Errc::invalid_argument, std::string(name) + " is no list of ids"};
  std::vector<MediaId> ids;
  const auto list = object.find(name);
  if (list == object.end()) return ids;
  if (!list->is_array()) return malformed;
  for (const auto& text : *list) {
    auto id = text.is_string() ? MediaId::parse(text.get<std::string>()) : Result<MediaId>(malformed);
    if (!id) return malformed;
    ids.push_back(*std::move(id));
  }
  return ids;
}

unsigned status_of(Errc code) {
  return code == Errc::unavailable ? 409 : 500;
}

ControlResponse response_of(const Result<CacheAnswer>& answer) {
  if (!answer) return {.status = status_of(answer.error().code), .body = answer.error().context + "\n"};
  return {.content_type = "application/json", .body = json_text(*answer) + "\n"};
}

/// On a thread of its own.
void send_verification(const CacheRequest& request, const CacheControl& control, const LineSender& send) {
  const auto progress = [&](std::uint64_t done, std::uint64_t all) {
    return send(json_text({{"done", done}, {"all", all}}));
  };
  const auto answer = carry_out(request, control, progress);
  if (!answer && answer.error().code == Errc::cancelled) return;
  send(json_text(answer ? *answer : Json{{"error", answer.error().context}}));
}

CacheAnswer stats_of(const CacheControl& control) {
  const Cache::Stats stats = control.cache.stats();
  CacheAnswer answer{{"used", stats.used},           {"media", stats.media},    {"chunks", stats.chunks},
                     {"listings", stats.listings},   {"hits", stats.hits},      {"misses", stats.misses},
                     {"evictions", stats.evictions}, {"trouble", stats.trouble}};
  const bool mounted = control.give_way == nullptr;
  if (mounted) answer["limit"] = stats.limit;
  if (!control.mountpoint.empty()) answer["mountpoint"] = control.mountpoint;
  if (stats.oldest) answer["oldest"] = stats.oldest->count();
  return answer;
}

}  // namespace

ControlRequest encode(const CacheRequest& request) {
  const CacheResource& resource = kResources[static_cast<std::size_t>(request.action)];
  ControlRequest encoded{.method = std::string(resource.method), .path = std::string(resource.path)};
  if (request.action == CacheRequest::Action::verify)
    encoded.body = json_text({{"bytes_per_second", request.bytes_per_second}});
  if (request.action == CacheRequest::Action::erase)
    encoded.body = json_text({{"media", texts_of(request.media)}, {"sessions", texts_of(request.sessions)}});
  return encoded;
}

Result<CacheRequest> decode(const ControlRequest& request) {
  const auto* const resource = std::ranges::find(kResources, request.path, &CacheResource::path);
  if (resource == std::end(kResources)) return Error{Errc::invalid_argument, "no such request"};
  CacheRequest decoded;
  decoded.action =
      static_cast<CacheRequest::Action>(resource - std::begin(kResources));  // NOLINT: one of them
  const Json body = request.body.empty() ? Json::object() : parse_json(request.body);
  if (!body.is_object()) return Error{Errc::invalid_argument, "the body is no JSON object"};
  auto media = ids_in(body, "media");
  auto sessions = ids_in(body, "sessions");
  if (!media) return media.error();
  if (!sessions) return sessions.error();
  decoded.media = *std::move(media);
  decoded.sessions = *std::move(sessions);
  const bool names_any = !decoded.media.empty() || !decoded.sessions.empty();
  if (decoded.action == CacheRequest::Action::erase && !names_any)
    return Error{Errc::invalid_argument, R"(an erasure is of "media" or "sessions")"};
  if (const auto rate = body.find("bytes_per_second"); rate != body.end()) {
    if (!rate->is_number_unsigned()) return Error{Errc::invalid_argument, "bytes_per_second is no number"};
    decoded.bytes_per_second = rate->get<std::uint64_t>();
  }
  return decoded;
}

Result<CacheAnswer> carry_out(const CacheRequest& request, const CacheControl& control,
                              const CacheProgress& progress) {
  switch (request.action) {
    case CacheRequest::Action::stats:
      break;
    case CacheRequest::Action::verify: {
      const Cache::Verified verified = control.cache.verify(request.bytes_per_second, progress);
      if (verified.ended_early) return Error{Errc::cancelled, "ended before everything had been opened"};
      return CacheAnswer{{"records", verified.records}, {"bad", verified.bad}};
    }
    case CacheRequest::Action::erase: {
      const auto erased = control.erase(request.media, request.sessions);
      if (!erased) return erased.error();
      return CacheAnswer{{"erased", *erased}};
    }
    case CacheRequest::Action::clear: {
      const Status cleared = control.clear();
      if (!cleared) return cleared.error();
      return Json::object();
    }
    case CacheRequest::Action::give_way:
      if (!control.give_way) return Error{Errc::unavailable, "a server has this cache"};
      control.give_way();
      return Json::object();
  }
  return stats_of(control);
}

std::optional<ControlResponse> answer_cache_request(const ControlRequest& request,
                                                    const CacheControl& control) {
  const auto* const resource = std::ranges::find(kResources, request.path, &CacheResource::path);
  if (resource == std::end(kResources)) return std::nullopt;
  if (request.method != resource->method)
    return ControlResponse{.status = 405, .body = std::string(resource->method) + " is answered here\n"};
  const auto wanted = decode(request);
  if (!wanted) return ControlResponse{.status = 400, .body = wanted.error().context + "\n"};
  if (wanted->action != CacheRequest::Action::verify)
    return response_of(carry_out(*wanted, control, [](auto, auto) { return true; }));
  return ControlResponse{.content_type = "application/x-ndjson",
                         .lines = [wanted = *wanted, &control](const LineSender& send) {
                           send_verification(wanted, control, send);
                         }};
}

}  // namespace mediafs
