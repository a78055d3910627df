#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "mediafs/base/result.h"
#include "mediafs/store/transfer.h"
#include "store/deferred_actions.h"
#include "store/download/fetch_plan.h"
#include "store/download/sequential_readers.h"
#include "store/download/stream_set.h"
#include "store/download/version.h"
#include "store/download/waiters.h"
#include "store/store_context.h"

namespace mediafs {

/// Whether the origin answers ranges of a media.
struct RangeSupport {
  bool shown = true;     // by the last head, if there was one
  bool refused = false;  // it answers them wrongly, or says no to them

  [[nodiscard]] bool usable() const { return shown && !refused; }
};

/// Sees to it that what is wanted of a media is on its way: gathers the facts, asks the plan, and does what
/// that says. Guarded by its download's mutex; requests go out as deferred actions.
class Fetcher {
 public:
  using Job = std::function<void(DeferredActions&)>;
  /// Runs a job under the download's mutex when the time has passed, where there still is a download.
  using Later = std::function<void(Duration, Job)>;

  /// `listener` gets what the streams bring. `version` and `waiters` must outlive this object.
  Fetcher(MediaId id, std::shared_ptr<StoreContext> context, Version& version, Waiters& waiters,
          std::weak_ptr<StreamListener> listener, Later later);

  /// Makes it so that everything is as the plan wants it. Every event ends with this.
  void settle(DeferredActions& deferred, const Trigger& trigger = {});

  void opened() { ++opens_; }
  void closed();
  /// Somebody waits for the media or has it open.
  [[nodiscard]] bool wanted() const { return opens_ > 0 || !waiters_.none(); }
  /// Nothing is under way, and nobody wants anything.
  [[nodiscard]] bool idle() const { return !wanted() && streams_.empty(); }

  /// For who watches; nothing: no stream is under way.
  [[nodiscard]] std::optional<Transfer> transfer() const;

  /// A read has been answered from what is here.
  void note_read(DeferredActions& deferred, ByteRange range, bool may_fetch_ahead);
  /// A read waits, and lacks that chunk first.
  void note_waiting_read(DeferredActions& deferred, ByteRange range, Waiters::Id read, ChunkIndex missing,
                         bool may_fetch_ahead);
  /// The media is fetched from its start, though nobody waits for it.
  void begin(DeferredActions& deferred) { start(deferred, 0, kToTheEnd); }

  /// For the decisions of fetch_plan.h. Valid until the next call of anything here.
  [[nodiscard]] const Situation& situation(const Trigger& trigger = {});

  /// Whether the stream may take in a piece of that size now: it has not come to its limit, and there is
  /// memory. Where there is none it goes on by itself when there is.
  [[nodiscard]] bool may_take(Stream& stream, std::size_t piece);
  void pause(DeferredActions& deferred, Stream& stream);

  /// A stream has broken, and goes on after a pause if it is still worth it then.
  void retry_later(Stream& stream, Duration delay, const Error& why);
  /// A stream's GET has ended.
  void get_ended(Stream& stream);

  /// A new version takes the place of the one that was here; but for the stream that brings it, all end.
  void forget(DeferredActions& deferred, const Stream* except);

  [[nodiscard]] StreamSet& streams() { return streams_; }
  [[nodiscard]] RangeSupport& ranges() { return ranges_; }

 private:
  void perform(DeferredActions& deferred, const FetchAction& action);
  void start(DeferredActions& deferred, std::uint64_t from, std::uint64_t to);
  void send(DeferredActions& deferred, Stream& stream, bool fresh_connection);
  void retry(DeferredActions& deferred, const std::weak_ptr<Stream>& broken);
  void go_on_or_restart(Stream& stream);
  void seek_later(Waiters::Id read, Duration wait);
  void drop_later();
  void drop_idle(DeferredActions& deferred);

  const MediaId id_;
  const std::shared_ptr<StoreContext> context_;
  Version& version_;
  Waiters& waiters_;
  const std::weak_ptr<StreamListener> listener_;
  const Later later_;
  StreamSet streams_;
  SequentialReaders readers_;
  RangeSupport ranges_;
  int opens_ = 0;
  bool drop_scheduled_ = false;
  Situation situation_;  // its memory is used again
};

}  // namespace mediafs
