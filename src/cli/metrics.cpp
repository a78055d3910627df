// The metrics of a MountReport, named by https://prometheus.io/docs/practices/naming.
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <cstring>
#include <limits>
#include <sstream>

#include "cli/mount_report.h"

namespace mediafs {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

/// The families, in the order in which they are added.
class Metrics {
 public:
  void gauge(const char* name, const char* help, double value, Labels labels = {}) {
    ClientMetric& metric = add(name, help, MetricType::Gauge, std::move(labels));
    metric.gauge.value = value;
  }
  void counter(const char* name, const char* help, std::uint64_t value, Labels labels = {}) {
    ClientMetric& metric = add(name, help, MetricType::Counter, std::move(labels));
    metric.counter.value = static_cast<double>(value);
  }
  void histogram(const char* name, const char* help, const DurationHistogram::Snapshot& durations,
                 Labels labels) {
    ClientMetric& metric = add(name, help, MetricType::Histogram, std::move(labels));
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < durations.counts.size(); ++i) {
      so_far += durations.counts[i];
      const bool is_last = i == DurationHistogram::kBounds.size();
      metric.histogram.bucket.push_back(
          {.cumulative_count = so_far,
           .upper_bound = is_last ? std::numeric_limits<double>::infinity() : DurationHistogram::kBounds[i]});
    }
    metric.histogram.sample_count = so_far;
    metric.histogram.sample_sum = durations.sum;
  }

  [[nodiscard]] std::string text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families_);
    return out.str();
  }

 private:
  ClientMetric& add(const char* name, const char* help, MetricType type, Labels labels) {
    const std::string full = std::string("mediafs_") + name;
    if (families_.empty() || families_.back().name != full)
      families_.push_back({.name = full, .help = help, .type = type, .metric = {}});
    ClientMetric& metric = families_.back().metric.emplace_back();
    metric.label = std::move(labels);
    return metric;
  }

  std::vector<MetricFamily> families_;
};

void add_api(Metrics& metrics, const ApiStats& api) {
  const auto is = [&](ApiStats::State state) { return api.state == state ? 1 : 0; };
  metrics.gauge("api_up", "Whether readers of media that are not in the cache are served, as far as is known",
                why_not_healthy(api) ? 0 : 1);
  for (const ApiStats::State state : kAllApiStates)
    metrics.gauge("api_state", "1 for the state that the API is in, as it is seen from here", is(state),
                  {{"state", name_of(state)}});
  if (api.last_success)
    metrics.gauge("api_last_success_timestamp_seconds", "When the API has last answered as it should",
                  static_cast<double>(*api.last_success));
  for (const auto& [which, count] : api.requests)
    metrics.counter("api_requests_total", "Requests sent, by the status of the answer or why there was none",
                    count, {{"endpoint", name_of(which.first)}, {"code", which.second}});
  for (const auto& [endpoint, durations] : api.durations)
    metrics.histogram("api_request_duration_seconds", "Until the head of a media, or the end of a listing",
                      durations, {{"endpoint", name_of(endpoint)}});
  metrics.counter("received_bytes_total", "Bytes of bodies that the API has sent", api.received_bytes);
  metrics.counter("verification_failures_total", "Bodies that did not match their signature",
                  api.verification_failures);
  metrics.gauge("api_silent_seconds", "For how long nothing was heard, while requests wait for an answer",
                std::chrono::duration<double>(api.silent_for.value_or(Duration::zero())).count());
  metrics.gauge("api_requests_held_back", "Requests that wait until the API takes them",
                static_cast<double>(api.held_back));
  if (api.rate)
    metrics.gauge("api_requests_per_second_limit", "How many are let through, while the API throttles",
                  *api.rate);
}

void add_mount(Metrics& metrics, const MountStats& mount) {
  for (const auto& [operation, durations] : mount.durations)
    metrics.histogram("fuse_request_duration_seconds", "From the kernel's request to the reply", durations,
                      {{"op", operation}});
  for (const auto& [number, count] : mount.errors) {
    const char* const name = ::strerrorname_np(number);
    metrics.counter("fuse_errors_total", "Requests of the kernel that were answered with an error", count,
                    {{"errno", name != nullptr ? name : std::to_string(number)}});
  }
}

void add_cache(Metrics& metrics, const Cache::Stats& cache) {
  metrics.gauge("cache_bytes", "Bytes that the cache takes on disk", static_cast<double>(cache.used));
  metrics.gauge("cache_limit_bytes", "Bytes that it may take", static_cast<double>(cache.limit));
  metrics.gauge("cache_media", "Media that are known", static_cast<double>(cache.media));
  metrics.counter("cache_reads_total", "Looks for a chunk in the cache", cache.hits, {{"result", "hit"}});
  metrics.counter("cache_reads_total", "Looks for a chunk in the cache", cache.misses, {{"result", "miss"}});
  metrics.counter("cache_evictions_total", "Media that gave way to others", cache.evictions);
  if (cache.oldest)
    metrics.gauge("cache_oldest_age_seconds", "Age of the oldest media",
                  static_cast<double>(cache.oldest->count()));
  metrics.gauge("cache_writable", "Whether it takes what is read", cache.trouble.empty() ? 1 : 0);
}

}  // namespace

std::string metrics_of(const MountReport& report) {
  Metrics metrics;
  metrics.gauge("build_info", "The version of the server that runs", 1,
                {{"version", report.version}, {"commit", report.commit}});
  metrics.gauge("server_start_time_seconds", "When this server began", static_cast<double>(report.since));
  metrics.counter("server_restarts_total", "Servers of this mount's supervisor before this one",
                  report.restarts);
  add_api(metrics, report.api);
  add_mount(metrics, report.mount);
  if (report.cache) add_cache(metrics, *report.cache);
  metrics.gauge("open_files", "Files that are open", static_cast<double>(report.open_files));
  metrics.gauge("downloads_active", "Media of which something is on its way",
                static_cast<double>(report.transfers.size()));
  metrics.counter("erased_total", "Media that were erased", report.erased);
  return metrics.text();
}

}  // namespace mediafs
