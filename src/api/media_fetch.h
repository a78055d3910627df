#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/api_shared.h"
#include "api/failed_attempt.h"
#include "api/media_head.h"
#include "mediafs/api/retry.h"
#include "mediafs/base/mutex.h"

namespace mediafs {

/// One question to the API: as many HTTP attempts as it takes until a head is there, then one body.
///
/// Attempts run one after another, so what they touch needs no lock; only what cancel(), resume() and the
/// deadline reach from other threads has one.
class MediaFetch final : public Fetch, public std::enable_shared_from_this<MediaFetch> {
 public:
  /// `url`: what is asked for; the request's id is what is signed.
  MediaFetch(std::shared_ptr<ApiShared> api, std::string url, FetchRequest request,
             std::shared_ptr<MediaSink> sink);

  void begin() override EXCLUDES(mutex_);
  void resume() override EXCLUDES(mutex_);
  void cancel() override EXCLUDES(mutex_);
  void hasten() override EXCLUDES(mutex_);
  std::optional<Error> last_retry_error() override EXCLUDES(mutex_);

 private:
  class Attempt;

  void start_attempt() EXCLUDES(mutex_);
  void admitted(Priority asked_as, const Result<Priority>& admission) EXCLUDES(mutex_);
  void send(int number) EXCLUDES(mutex_);
  void take_newest_credentials();
  [[nodiscard]] HttpRequest signed_request() const;
  void head_arrived() EXCLUDES(mutex_);
  void attempt_failed(FailedAttempt failure) EXCLUDES(mutex_);
  bool turn_to_other_credentials();
  [[nodiscard]] Endpoint endpoint() const;
  void report(Gate::Outcome outcome, std::optional<Duration> retry_after = std::nullopt);
  [[nodiscard]] std::optional<Duration> pause_after(const FailedAttempt& failure) REQUIRES(mutex_);
  void finish(Status outcome) EXCLUDES(mutex_);
  void stop(Errc why) EXCLUDES(mutex_);
  [[nodiscard]] std::optional<Errc> stopped() EXCLUDES(mutex_);
  /// What ended a transfer: that it was cancelled may be the deadline's doing.
  [[nodiscard]] Errc cause_of(Errc end) EXCLUDES(mutex_);
  Error stop_reason() EXCLUDES(mutex_);

  const std::shared_ptr<ApiShared> api_;
  const std::string url_;
  const FetchRequest request_;
  const std::shared_ptr<MediaSink> sink_;

  // Of the attempt that runs: only it, or the one that follows it, comes here.
  std::shared_ptr<ActiveCredentials> credentials_;
  std::size_t secrets_tried_ = 1;
  std::size_t secret_;
  bool turned_ = false;  // to it, by a word against the one before
  bool fresh_;
  bool empty_before_ = false;  // an attempt has ended with an empty body
  FailureCount failures_;
  Priority passed_as_ = Priority::reader;  // the gate, with the attempt that runs
  SteadyTime sent_{};
  bool reported_ = true;  // to the gate, what has become of it

  Mutex mutex_{LockRank::media_fetch};  // held while the timer's and the http client's own are taken
  Priority priority_ GUARDED_BY(mutex_);
  std::optional<Gate::Ticket> ticket_ GUARDED_BY(mutex_);  // while it waits in the gate
  int attempts_ GUARDED_BY(mutex_) = 0;
  std::optional<TransferId> transfer_ GUARDED_BY(mutex_);
  bool resume_early_ GUARDED_BY(mutex_) = false;
  std::optional<Timer::Id> backoff_ GUARDED_BY(mutex_);
  std::optional<Timer::Id> deadline_ GUARDED_BY(mutex_);
  std::optional<Error> last_retry_error_ GUARDED_BY(mutex_);  // of the last attempt, until the next begins
  std::optional<Errc> stopped_ GUARDED_BY(mutex_);            // cancelled or timed_out: no further attempt
};

}  // namespace mediafs
