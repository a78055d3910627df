#include "cli/mount_report.h"

#include <chrono>

#include <fmt/format.h>

#include "cli/json.h"
#include "cli/units.h"

namespace mediafs {

namespace {

template <typename Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}

/// Whole ones.
std::uint64_t silent_seconds(const ApiStats& api) {
  const auto silence = api.silent_for.value_or(Duration::zero());
  return static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(silence).count());
}

Json json_of(const ApiStats& api) {
  return {{"state", name_of(api.state)},      {"since", api.since},
          {"healthy", !why_not_healthy(api)}, {"last_success", or_null(api.last_success)},
          {"last_error", api.last_error},     {"last_error_at", or_null(api.last_error_at)},
          {"held_back", api.held_back},       {"requests_per_second", or_null(api.rate)},
          {"silent_for", silent_seconds(api)}};
}

Json json_of(const Transfer& transfer) {
  const std::uint64_t size = transfer.size.value_or(0);
  return {{"id", transfer.id.text()},
          {"size", or_null(transfer.size)},
          {"bytes", transfer.here},
          {"percent", size > 0 ? Json(transfer.here * 100 / size) : Json()},
          {"bytes_per_second", transfer.bytes_per_second},
          {"readers", transfer.open}};
}

Json json_of(const Cache::Stats& cache) {
  Json json{{"used", cache.used}, {"limit", cache.limit},   {"media", cache.media},
            {"hits", cache.hits}, {"misses", cache.misses}, {"evictions", cache.evictions}};
  json["oldest"] = cache.oldest ? Json(cache.oldest->count()) : Json();
  json["trouble"] = cache.trouble;
  return json;
}

}  // namespace

std::string json_of(const MountReport& report) {
  Json json{{"mountpoint", report.mountpoint},
            {"url", report.url},
            {"version", report.version},
            {"commit", report.commit},
            {"pid", report.pid},
            {"now", report.now},
            {"since", report.since},
            {"restarts", report.restarts},
            {"api", json_of(report.api)},
            {"open_files", report.open_files},
            {"transfers", Json::array()},
            {"cache", report.cache ? json_of(*report.cache) : Json()}};
  for (const Transfer& transfer : report.transfers) json["transfers"].push_back(json_of(transfer));
  return json.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

std::optional<std::string> why_not_healthy(const ApiStats& api) {
  switch (api.state) {
    case ApiStats::State::unknown:
    case ApiStats::State::up:
    case ApiStats::State::throttled:
      return std::nullopt;
    case ApiStats::State::down:
      return "the API does not answer";
    case ApiStats::State::denied:
      return "the API does not take the credentials";
  }
  return std::nullopt;
}

std::string summary_of(const MountReport& report) {
  std::string text = fmt::format("API {}", name_of(report.api.state));
  if (silent_seconds(report.api) > 0) text += fmt::format(", silent for {} s", silent_seconds(report.api));
  if (report.api.held_back > 0) text += fmt::format(", {} held back", report.api.held_back);
  if (why_not_healthy(report.api) && !report.api.last_error.empty())
    text += fmt::format(" ({})", report.api.last_error);
  text += fmt::format("; {} open, {} under way", report.open_files, report.transfers.size());
  if (report.cache)
    text += fmt::format("; cache {} of {}", size_text(report.cache->used), size_text(report.cache->limit));
  return text;
}

}  // namespace mediafs
