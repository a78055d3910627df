#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "mediafs/base/mutex.h"
#include "store/cache_hold.h"
#include "store/effects.h"
#include "store/read_runs.h"
#include "store/seen_bytes.h"
#include "store/store_context.h"
#include "store/stream.h"
#include "store/waiters.h"

namespace mediafs {

/// Everything under way for one media: its streams, who waits for what, and what has been seen of its bytes.
///
/// Thread-safe. Replies and requests go out as effects, after the lock; chunks are handed to the memory and
/// to the cache's queue under it, so that a chunk is always in one of the places where a reader looks.
class Download final : public std::enable_shared_from_this<Download> {
 public:
  Download(MediaId id, std::shared_ptr<StoreContext> context);

  /// The second half of construction, which needs a shared_ptr to this.
  void set_up();

  void find(Done<MediaItemRef> done, const std::stop_token& stop) EXCLUDES(mutex_);

  /// `chunks` as PendingRead wants it. False, with nothing done, where a chunk that is missing has come by
  /// meanwhile and has left the memory for the cache, to be looked for there once more; never where
  /// `last_try`.
  bool read(const MediaItemRef& item, ByteRange range, const std::vector<ConstBuffer>& chunks,
            const Done<Slices>& done, bool last_try, const std::stop_token& stop) EXCLUDES(mutex_);

  /// A read was answered without this download: whoever reads on will want what comes after it.
  void note_read(ByteRange range) EXCLUDES(mutex_);

  /// Begins with it though nobody has asked yet; what nobody asks for in the end goes as far as stream_limit.
  void fetch_head() EXCLUDES(mutex_);

  [[nodiscard]] Error why_stale() const EXCLUDES(mutex_);

  /// The origin has said that the media exists, and what it is; no byte of it has come.
  void confirmed(const MediaHead& head) EXCLUDES(mutex_);

  /// Nothing of the media is known any more, whoever waits gets Errc::changed, and nothing of what is on its
  /// way arrives. Who asks afterwards begins anew.
  void erase() EXCLUDES(mutex_);

  void opened() EXCLUDES(mutex_);
  void closed() EXCLUDES(mutex_);
  void stop() EXCLUDES(mutex_);

  /// Nothing under way, nobody waiting, nothing worth remembering.
  [[nodiscard]] bool idle() const EXCLUDES(mutex_);

  // From the http thread, by way of Stream.
  Flow stream_head(Stream& stream, const MediaHead& head) EXCLUDES(mutex_);
  Flow stream_body(Stream& stream, ByteView piece) EXCLUDES(mutex_);
  void stream_end(Stream& stream, Status outcome) EXCLUDES(mutex_);

 private:
  struct Failure {
    Error error;
    SteadyTime until;
    ByteRange of;  // what a read waited for too long; empty: whatever no stream brings
  };

  void note_found(Effects& effects, ByteRange range) REQUIRES(mutex_);
  [[nodiscard]] bool wanted() const REQUIRES(mutex_) { return opens_ > 0 || !waiters_->none(); }
  [[nodiscard]] std::optional<Error> refusal() const REQUIRES(mutex_);
  [[nodiscard]] std::optional<Error> refusal_of(ChunkIndex chunk) const REQUIRES(mutex_);
  void expire(std::uint64_t waiter) EXCLUDES(mutex_);
  void abandon(std::uint64_t waiter) EXCLUDES(mutex_);
  [[nodiscard]] Error why_late() const REQUIRES(mutex_);
  void notice_idleness(Effects& effects) REQUIRES(mutex_);

  // download_streams.cpp: when to fetch what.
  [[nodiscard]] bool has_ranges() const REQUIRES(mutex_);
  [[nodiscard]] bool may_seek() const REQUIRES(mutex_);
  [[nodiscard]] std::uint64_t window() const REQUIRES(mutex_);
  [[nodiscard]] std::vector<Stream*> running(const Stream* except = nullptr) const REQUIRES(mutex_);
  [[nodiscard]] Stream* bringer_of(ChunkIndex chunk, const Stream* except = nullptr) const REQUIRES(mutex_);
  [[nodiscard]] Stream* awaited_for(ChunkIndex chunk, bool goes_on_reading = true,
                                    const Stream* except = nullptr) const REQUIRES(mutex_);
  [[nodiscard]] bool is_coming(ChunkIndex chunk, bool goes_on_reading = true) const REQUIRES(mutex_);
  [[nodiscard]] bool is_awaited(const Stream& stream) const REQUIRES(mutex_);
  bool make_room(Effects& effects) REQUIRES(mutex_);
  bool ensure_stream_for(Effects& effects, ChunkIndex chunk, std::uint64_t wanted_end,
                         bool goes_on_reading = true) REQUIRES(mutex_);
  void decide_later(ByteRange range, Duration wait) REQUIRES(mutex_);
  void seek_unless_it_goes_on(ByteRange range, Duration waited) EXCLUDES(mutex_);
  void ensure_streams(Effects& effects, const Stream* asleep = nullptr) REQUIRES(mutex_);
  void fetch_ahead(Effects& effects) REQUIRES(mutex_);
  void start_range(Effects& effects, std::uint64_t from, std::uint64_t to) REQUIRES(mutex_);
  [[nodiscard]] std::optional<std::uint64_t> listed_size() const;
  void start_stream(Effects& effects, const std::shared_ptr<Stream>& stream, bool fresh) REQUIRES(mutex_);
  void wake_streams(Effects& effects, const Stream* except = nullptr) REQUIRES(mutex_);
  [[nodiscard]] bool worth_going_on(const Stream& stream) const REQUIRES(mutex_);
  void cancel(Effects& effects, Stream& stream) REQUIRES(mutex_);
  void cancel_streams(Effects& effects, const Stream* except = nullptr) REQUIRES(mutex_);
  [[nodiscard]] std::uint64_t limit_of(const Stream& stream) const REQUIRES(mutex_);
  Flow pause(Effects& effects, Stream& stream) REQUIRES(mutex_);
  void schedule_drop() REQUIRES(mutex_);
  void drop_unwanted() EXCLUDES(mutex_);

  // download_recovery.cpp: what to do when a stream breaks.
  void restart_later(const std::shared_ptr<Stream>& broken, Duration delay, const Error& why)
      REQUIRES(mutex_);
  void restart(const std::shared_ptr<Stream>& broken) EXCLUDES(mutex_);
  std::shared_ptr<Stream> successor_of(Stream& broken) REQUIRES(mutex_);
  [[nodiscard]] Duration time_left(const Stream& stream) const REQUIRES(mutex_);
  void recover(Effects& effects, Stream& stream, const Error& error) REQUIRES(mutex_);
  void end_without_head(Effects& effects, Stream& stream, const Error& error) REQUIRES(mutex_);
  void fail(Effects& effects, const Error& error) REQUIRES(mutex_);
  void remember_failure(const Error& error, ByteRange of = {}) REQUIRES(mutex_);

  // download_bytes.cpp: what comes in.
  [[nodiscard]] bool others_bring_all(const Stream& stream) const REQUIRES(mutex_);
  void begin_anew(Stream& stream, std::uint64_t offset, bool same_version) REQUIRES(mutex_);
  void adopt_head(Effects& effects, Stream& stream, const MediaHead& head) REQUIRES(mutex_);
  [[nodiscard]] bool same_version(const MediaHead& head) const REQUIRES(mutex_);
  void remember_item(const MediaHead& head, std::uint64_t size) REQUIRES(mutex_);
  void forget_version(Effects& effects, const Error& tell_readers, const Stream* bringing_the_new)
      REQUIRES(mutex_);
  void version_changed(Effects& effects, Errc tell_readers, const Stream* bringing_the_new) REQUIRES(mutex_);
  [[nodiscard]] std::uint64_t most_bytes() const REQUIRES(mutex_);
  [[nodiscard]] bool waits_for_verification(const Stream& stream, ChunkIndex index) const REQUIRES(mutex_);
  [[nodiscard]] bool resumed() const REQUIRES(mutex_);
  [[nodiscard]] bool agrees_with_given(ChunkIndex index, ByteView chunk) REQUIRES(mutex_);
  bool provide_buffers(Stream& stream, std::size_t piece) REQUIRES(mutex_);
  void wait_for_memory(Stream& stream, std::size_t count) REQUIRES(mutex_);
  bool may_overdraw(Stream& stream) REQUIRES(mutex_);
  void keep(ChunkKey key, const Buffer& chunk) REQUIRES(mutex_);
  void append(Effects& effects, Stream& stream, ByteView piece) REQUIRES(mutex_);
  void complete_chunk(Effects& effects, Stream& stream, ChunkIndex index) REQUIRES(mutex_);
  void release(Effects& effects, ChunkIndex index, const Buffer& chunk, std::uint64_t length)
      REQUIRES(mutex_);
  Status finish(Effects& effects, Stream& stream) REQUIRES(mutex_);

  const MediaId id_;
  const std::shared_ptr<StoreContext> context_;
  const CacheHold hold_;  // what is under way is not evicted

  mutable Mutex mutex_{LockRank::download};
  std::unique_ptr<Waiters> waiters_ GUARDED_BY(mutex_);
  MediaItemRef item_ GUARDED_BY(mutex_);                 // null until a head has told
  std::optional<MediaHead> unsized_ GUARDED_BY(mutex_);  // the head of a body whose size is being found
  Revision revision_ GUARDED_BY(mutex_){};               // of what the streams bring
  SeenBytes seen_ GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<Stream>> streams_ GUARDED_BY(mutex_);
  ReadRuns runs_ GUARDED_BY(mutex_);
  bool verified_ GUARDED_BY(mutex_) = false;                        // a signed body has passed whole
  bool skipped_ GUARDED_BY(mutex_) = false;                         // the cache was not given all of it
  bool ranges_shown_ GUARDED_BY(mutex_) = true;                     // by the last head, if there was one
  bool ranges_refused_ GUARDED_BY(mutex_) = false;                  // the origin answers them wrongly
  std::vector<std::shared_ptr<Stream>> broken_ GUARDED_BY(mutex_);  // that will be gone on with
  std::optional<Error> setback_ GUARDED_BY(mutex_);  // why the restart that is pending is needed
  int opens_ GUARDED_BY(mutex_) = 0;
  bool drop_scheduled_ GUARDED_BY(mutex_) = false;
  std::optional<Failure> failure_ GUARDED_BY(mutex_);
};

}  // namespace mediafs
