#include "api/api_counters.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace mediafs {

const char* name_of(Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::media:
      return "media";
    case Endpoint::session_media:
      return "session_media";
    case Endpoint::session_attempts:
      return "session_attempts";
    case Endpoint::attempt_media:
      return "attempt_media";
  }
  return "unknown";
}

const char* name_of(ApiStats::State state) {
  switch (state) {
    case ApiStats::State::unknown:
      return "unknown";
    case ApiStats::State::up:
      return "up";
    case ApiStats::State::down:
      return "down";
    case ApiStats::State::throttled:
      return "throttled";
    case ApiStats::State::denied:
      return "denied";
  }
  return "unknown";
}

std::string_view word_for(Errc why) {
  switch (why) {
    case Errc::timed_out:
      return "timeout";
    case Errc::unreachable:
      return "unreachable";
    case Errc::untrusted:
      return "untrusted";
    case Errc::unavailable:
      return "broken";
    case Errc::protocol:
      return "malformed";
    case Errc::cancelled:
      return "cancelled";
    default:
      return "other";
  }
}

void ApiCounters::sent(SteadyTime when) {
  const MutexLock lock(mutex_);
  waiting_since_.insert(when);
}

void ApiCounters::answered(Endpoint endpoint, int status, SteadyTime sent) {
  const MutexLock lock(mutex_);
  count(endpoint, std::to_string(status), sent);
  last_heard_ = clock_.now();
}

void ApiCounters::unanswered(Endpoint endpoint, Errc why, SteadyTime sent) {
  const MutexLock lock(mutex_);
  count(endpoint, std::string(word_for(why)), sent);
}

void ApiCounters::count(Endpoint endpoint, std::string code, SteadyTime sent) {
  ++requests_[{endpoint, std::move(code)}];
  if (const auto found = waiting_since_.find(sent); found != waiting_since_.end())
    waiting_since_.erase(found);
}

void ApiCounters::lasted(Endpoint endpoint, SteadyTime sent) {
  durations_.at(static_cast<std::size_t>(endpoint)).observe(clock_.now() - sent);
}

void ApiCounters::succeeded() {
  const MutexLock lock(mutex_);
  last_success_ = clock_.wall_seconds();
}

void ApiCounters::failed(const Error& error) {
  if (error.code == Errc::cancelled) return;
  const MutexLock lock(mutex_);
  last_error_ = error.context;
  last_error_at_ = clock_.wall_seconds();
}

void ApiCounters::add_to(ApiStats& stats) const {
  for (const Endpoint endpoint : kAllEndpoints)
    stats.durations[endpoint] = durations_.at(static_cast<std::size_t>(endpoint)).snapshot();
  stats.received_bytes = received_;
  stats.verification_failures = mismatches_;
  const MutexLock lock(mutex_);
  stats.requests = requests_;
  stats.last_success = last_success_;
  stats.last_error = last_error_;
  stats.last_error_at = last_error_at_;
  if (waiting_since_.empty()) return;
  stats.silent_for =
      std::chrono::duration_cast<Duration>(clock_.now() - std::max(*waiting_since_.begin(), last_heard_));
}

}  // namespace mediafs
