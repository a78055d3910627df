#pragma once

#include <optional>

#include "mediafs/base/timer.h"
#include "mediafs/store/catalog.h"
#include "store/deferred_actions.h"
#include "store/download/pending_read.h"
#include "store/waiting_list.h"

namespace mediafs {

/// Who waits for a media: for its item, or for some of its bytes. Each has a deadline. Guarded by its owner;
/// replies go out as deferred actions.
class Waiters {
 public:
  using Id = std::uint64_t;
  using Told = std::function<void(Id waiter)>;

  /// `expire` is called on the timer's thread when a waiter's time is up, `abandon` when whoever waits has
  /// stopped waiting; the owner then calls end().
  Waiters(Timer& timer, Duration deadline, const Told& expire, const Told& abandon);

  [[nodiscard]] bool none() const { return finders_.empty() && reads_.empty(); }
  [[nodiscard]] bool somebody_finds() const { return !finders_.empty(); }
  [[nodiscard]] const WaitingList<PendingRead>& reads() const { return reads_; }
  /// Null: it does not wait any more.
  [[nodiscard]] const PendingRead* find_read(Id id) { return reads_.find(id); }

  void add_finder(Done<MediaItemRef> done, const std::stop_token& stop);
  Id add_read(PendingRead read, const std::stop_token& stop);

  /// Replies to everybody who waits for the item.
  void answer_finders(DeferredActions& deferred, const Result<MediaItemRef>& answer);

  /// Gives the reads that lack it the chunk, or its first `filled` bytes, and replies to those that are
  /// complete.
  void offer(DeferredActions& deferred, ChunkIndex index, const ConstBuffer& chunk, std::uint64_t filled);

  /// Replies with the error to the reads for which `concerned` holds.
  void fail_reads(DeferredActions& deferred, const Error& error,
                  const std::function<bool(const PendingRead&)>& concerned);

  /// Replies to one waiter, if it still waits. The range if it was a read.
  std::optional<ByteRange> end(DeferredActions& deferred, Id waiter, const Error& why);

 private:
  WaitingList<Done<MediaItemRef>> finders_;
  WaitingList<PendingRead> reads_;
};

}  // namespace mediafs
