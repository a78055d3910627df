#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <set>
#include <string_view>

#include "mediafs/api/api_stats.h"
#include "mediafs/base/mutex.h"
#include "mediafs/base/result.h"

namespace mediafs {

/// How a request that got no answer is counted: a word of ApiStats::requests.
std::string_view word_for(Errc why);

/// What ApiStats has of requests and their answers. Thread-safe.
class ApiCounters {
 public:
  /// The clock must outlive this object.
  explicit ApiCounters(const Clock& clock) : clock_(clock) {}

  /// Each request begins with this,
  void sent(SteadyTime when) EXCLUDES(mutex_);
  /// goes on with one of these: an answer has begun, or none will come; it was sent then,
  void answered(Endpoint endpoint, int status, SteadyTime sent) EXCLUDES(mutex_);
  void unanswered(Endpoint endpoint, Errc why, SteadyTime sent) EXCLUDES(mutex_);
  /// and is once told to have lasted from then until now.
  void lasted(Endpoint endpoint, SteadyTime sent);

  void received(std::size_t bytes) { received_ += bytes; }
  void signature_mismatched() { ++mismatches_; }
  /// The API has answered as it does to whom it knows.
  void succeeded() EXCLUDES(mutex_);
  /// The error's context is washed. What was cancelled is no failure.
  void failed(const Error& error) EXCLUDES(mutex_);

  void add_to(ApiStats& stats) const EXCLUDES(mutex_);

 private:
  void count(Endpoint endpoint, std::string code, SteadyTime sent) REQUIRES(mutex_);

  const Clock& clock_;
  std::array<DurationHistogram, std::size(kAllEndpoints)> durations_;
  std::atomic<std::uint64_t> received_ = 0;
  std::atomic<std::uint64_t> mismatches_ = 0;
  mutable Mutex mutex_{LockRank::api_counters};  // a leaf
  decltype(ApiStats::requests) requests_ GUARDED_BY(mutex_);
  std::multiset<SteadyTime> waiting_since_ GUARDED_BY(mutex_);  // the requests without an answer
  SteadyTime last_heard_ GUARDED_BY(mutex_){};
  std::optional<UnixSeconds> last_success_ GUARDED_BY(mutex_);
  std::string last_error_ GUARDED_BY(mutex_);
  std::optional<UnixSeconds> last_error_at_ GUARDED_BY(mutex_);
};

}  // namespace mediafs
