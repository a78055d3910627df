#include "cli/cache_requests.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace mediafs {

namespace {

using Action = CacheRequest::Action;

struct CacheResource {
  Action action;
  std::string_view path;
  std::string_view method;
};

constexpr CacheResource kResources[] = {{Action::stats, "/cache", "GET"},
                                        {Action::verify, "/cache/verify", "POST"},
                                        {Action::erase, "/cache/erase", "POST"},
                                        {Action::clear, "/cache/clear", "POST"},
                                        {Action::give_way, "/cache/give-way", "POST"}};

/// Null: it is none.
const CacheResource* resource_at(std::string_view path) {
  const auto* const found = std::ranges::find(kResources, path, &CacheResource::path);
  return found == std::end(kResources) ? nullptr : found;
}

Error malformed(std::string what) {
  return {Errc::invalid_argument, std::move(what)};
}

std::vector<std::string> texts_of(const std::vector<MediaId>& ids) {
  std::vector<std::string> texts;
  std::ranges::transform(ids, std::back_inserter(texts), &MediaId::text);
  return texts;
}

/// Of an object's member, which need not be there.
Status take_ids(const Json& object, const char* name, std::vector<MediaId>& ids) {
  const auto list = object.find(name);
  if (list == object.end()) return ok_status();
  for (const Json& text : list->is_array() ? *list : Json::array({nullptr})) {
    auto id = MediaId::parse(text.is_string() ? text.get<std::string>() : "");
    if (!id) return malformed(std::string(name) + " is no list of ids");
    ids.push_back(*std::move(id));
  }
  return ok_status();
}

Status take_erasure(const Json& body, CacheRequest& request) {
  if (Status taken = take_ids(body, "media", request.media); !taken) return taken;
  if (Status taken = take_ids(body, "sessions", request.sessions); !taken) return taken;
  if (body.size() != body.count("media") + body.count("sessions") ||
      request.media.size() + request.sessions.size() == 0)
    return malformed(R"(an erasure is of "media" or "sessions", lists of ids)");
  return ok_status();
}

Status take_rate(const Json& body, CacheRequest& request) {
  const auto rate = body.find("bytes_per_second");
  if (body.size() > (rate != body.end() ? 1U : 0U) || (rate != body.end() && !rate->is_number_unsigned()))
    return malformed(R"(a verification may have "bytes_per_second", a number)");
  request.bytes_per_second = number_in(body, "bytes_per_second");
  return ok_status();
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
  const auto* const resource = std::ranges::find(kResources, request.action, &CacheResource::action);
  ControlRequest encoded{.method = std::string(resource->method), .path = std::string(resource->path)};
  if (request.action == Action::verify)
    encoded.body = json_text({{"bytes_per_second", request.bytes_per_second}});
  if (request.action == Action::erase)
    encoded.body = json_text({{"media", texts_of(request.media)}, {"sessions", texts_of(request.sessions)}});
  return encoded;
}

Result<CacheRequest> decode(const ControlRequest& request) {
  const CacheResource* const resource = resource_at(request.path);
  if (resource == nullptr) return malformed("no such request");
  const Json body = request.body.empty() ? Json::object() : parse_json(request.body);
  if (!body.is_object()) return malformed("the body is no JSON object");
  CacheRequest decoded{.action = resource->action};
  Status taken = ok_status();
  switch (decoded.action) {
    case Action::erase:
      taken = take_erasure(body, decoded);
      break;
    case Action::verify:
      taken = take_rate(body, decoded);
      break;
    case Action::stats:
    case Action::clear:
    case Action::give_way:
      if (!body.empty()) taken = malformed("the body is of another request");
      break;
  }
  return taken ? Result<CacheRequest>(std::move(decoded)) : taken.error();
}

Result<CacheAnswer> carry_out(const CacheRequest& request, const CacheControl& control,
                              const CacheProgress& progress) {
  switch (request.action) {
    case Action::stats:
      return stats_of(control);
    case Action::verify: {
      const Cache::Verified verified = control.cache.verify(request.bytes_per_second, progress);
      if (verified.ended_early) return Error{Errc::cancelled, "ended before everything had been opened"};
      return CacheAnswer{{"records", verified.records}, {"bad", verified.bad}};
    }
    case Action::erase: {
      const auto erased = control.erase(request.media, request.sessions);
      if (!erased) return erased.error();
      return CacheAnswer{{"erased", *erased}};
    }
    case Action::clear: {
      const Status cleared = control.clear();
      if (!cleared) return cleared.error();
      return Json::object();
    }
    case Action::give_way:
      if (!control.give_way) return Error{Errc::unavailable, "a server has this cache"};
      control.give_way();
      return Json::object();
  }
  return Error{Errc::internal, "no such action"};
}

std::optional<ControlResponse> answer_cache_request(const ControlRequest& request,
                                                    const CacheControl& control) {
  const CacheResource* const resource = resource_at(request.path);
  if (resource == nullptr) return std::nullopt;
  if (request.method != resource->method)
    return ControlResponse{.status = 405, .body = std::string(resource->method) + " is answered here\n"};
  const auto wanted = decode(request);
  if (!wanted) return ControlResponse{.status = 400, .body = wanted.error().context + "\n"};
  if (wanted->action != Action::verify)
    return response_of(carry_out(*wanted, control, [](auto, auto) { return true; }));
  return ControlResponse{.content_type = "application/x-ndjson",
                         .lines = [wanted = *wanted, &control](const LineSender& send) {
                           send_verification(wanted, control, send);
                         }};
}

}  // namespace mediafs
