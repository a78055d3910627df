#pragma once

#include <list>
#include <memory>

#include "mediafs/base/timer.h"
#include "store/deferred_actions.h"
#include "store/download/pending_read.h"

namespace mediafs {

/// Who waits for a media: for its head, or for some of its bytes. Each has a deadline. Guarded by its owner;
/// replies go out as deferred.
class Waiters {
 public:
  using Told = std::function<void(std::uint64_t waiter)>;

  /// `expire` is called on the timer's thread when a waiter's time is up, `abandon` when whoever waits has
  /// stopped waiting; the owner then calls end().
  Waiters(Timer& timer, Duration deadline, Told expire, Told abandon);
  ~Waiters();
  Waiters(const Waiters&) = delete;
  Waiters& operator=(const Waiters&) = delete;

  [[nodiscard]] bool none() const { return finders_.empty() && reads_.empty(); }
  [[nodiscard]] bool nobody_finds() const { return finders_.empty(); }
  [[nodiscard]] const std::list<PendingRead>& reads() const { return reads_; }

  void add_finder(Done<MediaItemRef> done, const std::stop_token& stop);
  void add_read(PendingRead read, const std::stop_token& stop);

  /// Replies to everybody who waits for the head.
  void answer_finders(DeferredActions& deferred, const Result<MediaItemRef>& answer);

  /// Gives the reads that lack it the chunk, or its first `filled` bytes, and replies to those that are
  /// complete.
  void offer(DeferredActions& deferred, ChunkIndex index, const ConstBuffer& chunk, std::uint64_t filled);

  /// Replies with the error to the reads for which `concerned` holds.
  void fail_reads(DeferredActions& deferred, const Error& error,
                  const std::function<bool(const PendingRead&)>& concerned);

  /// Replies to one waiter, if it still waits. The range if it was a read.
  std::optional<ByteRange> end(DeferredActions& deferred, std::uint64_t waiter, const Error& why);

 private:
  struct Finder {
    std::uint64_t id;
    Done<MediaItemRef> done;
    Timer::Id deadline;
    std::unique_ptr<StopCallback> on_stop;
  };

  Timer::Id start_deadline(std::uint64_t id);
  std::unique_ptr<StopCallback> watch(const std::stop_token& stop, std::uint64_t id);

  Timer& timer_;
  const Duration deadline_;
  const Told expire_;
  const Told abandon_;
  std::uint64_t last_id_ = 0;
  std::list<Finder> finders_;
  std::list<PendingRead> reads_;
};

}  // namespace mediafs
