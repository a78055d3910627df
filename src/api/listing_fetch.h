#pragma once

#include <memory>
#include <optional>
#include <string>

#include "mediafs/api/media_source.h"
#include "mediafs/api/retry.h"
#include "mediafs/base/mutex.h"
#include "mediafs/base/timer.h"

namespace mediafs {

class ApiShared;

/// One listing on its way: MediaFetch's attempts until a head is there, and here those after a body that was
/// cut, unverifiable or no listing. Any thread; begin() once.
class ListingFetch final : public Request,
                           public MediaSink,
                           public std::enable_shared_from_this<ListingFetch> {
 public:
  ListingFetch(std::shared_ptr<ApiShared> api, ListingKey key, Priority priority, SteadyTime deadline,
               Done<Listing> done);
  ~ListingFetch() override;
  ListingFetch(const ListingFetch&) = delete;
  ListingFetch& operator=(const ListingFetch&) = delete;

  void begin() override EXCLUDES(mutex_);
  void cancel() override EXCLUDES(mutex_);
  void hasten() override EXCLUDES(mutex_);

 private:
  Flow on_head(const MediaHead& head) override;
  Flow on_body(ByteView piece) override;
  void on_end(Status outcome) override EXCLUDES(mutex_);

  void start_attempt() EXCLUDES(mutex_);
  Priority priority() EXCLUDES(mutex_);
  void let_go_of_body();
  void end_with(Errc why) EXCLUDES(mutex_);
  Result<Listing> result_of(const Status& outcome);
  [[nodiscard]] Error why_broken(const Error& error) const;
  std::optional<Duration> delay_after(const Error& error) EXCLUDES(mutex_);
  void finish(Result<Listing> result) EXCLUDES(mutex_);

  const std::shared_ptr<ApiShared> api_;
  const ListingKey key_;
  const SteadyTime deadline_;

  // Of the attempt that runs: only it, or the one that follows it, comes here.
  std::string body_;
  bool head_seen_ = false;
  bool too_large_ = false;
  bool no_room_ = false;
  bool fresh_ = false;
  FailureCount failures_;

  Mutex mutex_{LockRank::listing_fetch};
  Priority priority_ GUARDED_BY(mutex_);
  Done<Listing> done_ GUARDED_BY(mutex_);  // empty once it has been called
  std::shared_ptr<Fetch> fetch_ GUARDED_BY(mutex_);
  std::optional<Timer::Id> backoff_ GUARDED_BY(mutex_);
  std::optional<Timer::Id> time_up_ GUARDED_BY(mutex_);
  std::optional<Errc> ended_ GUARDED_BY(mutex_);              // cancelled or timed_out: no further attempt
  std::optional<Error> last_retry_error_ GUARDED_BY(mutex_);  // why the attempt that is pending is needed
};

}  // namespace mediafs
