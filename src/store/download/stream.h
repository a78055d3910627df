#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "mediafs/api/media_source.h"
#include "mediafs/base/clock.h"
#include "mediafs/model/chunk.h"
#include "store/download/chunk_assembler.h"
#include "store/download/fetch_plan.h"
#include "store/download/memory_wait.h"
#include "store/download/retry_history.h"

namespace mediafs {

class Stream;

/// Takes in what streams bring. As MediaSink: one call at a time for a stream, from the http thread.
class StreamListener {
 public:
  StreamListener() = default;
  virtual ~StreamListener() = default;
  StreamListener(const StreamListener&) = delete;
  StreamListener& operator=(const StreamListener&) = delete;

  virtual Flow stream_head(Stream& stream, const MediaHead& head) = 0;
  virtual Flow stream_body(Stream& stream, ByteView piece) = 0;
  virtual void stream_end(Stream& stream, Status outcome) = 0;
};

/// What the head of a stream's GET has told of the body.
struct StreamBody {
  Revision revision{};                     // the version that it brings
  std::shared_ptr<BodyVerifier> verifier;  // has seen every byte that has come; null: unsigned, or a part
  bool holds_back = false;                 // nothing of it may be seen before it is verified
  bool sized = false;                      // the head has told the media's size
};

/// How fast something has come forward since it was started.
class SpeedMeter {
 public:
  void start(std::uint64_t position, SteadyTime now) {
    from_ = position;
    since_ = now;
  }
  /// Bytes a second, at least 1; 0 where they cannot be told yet.
  [[nodiscard]] std::uint64_t speed(std::uint64_t position, SteadyTime now) const;

 private:
  std::uint64_t from_ = 0;
  SteadyTime since_{};
};

/// One run through a media, chunk after chunk, by a GET and, where that breaks, by others after it. Guarded
/// by its download's mutex, but for the calls of the http thread, which it passes on.
class Stream final : public MediaSink, public std::enable_shared_from_this<Stream> {
 public:
  /// For the bytes from `from`, where a chunk begins, to `to`, where one ends or the media does.
  Stream(std::weak_ptr<StreamListener> listener, std::uint64_t from, std::uint64_t to);

  Flow on_head(const MediaHead& head) override;
  Flow on_body(ByteView piece) override;
  void on_end(Status outcome) override;

  [[nodiscard]] StreamState state() const { return state_; }
  /// What the planner is told of it.
  [[nodiscard]] StreamFacts facts(SteadyTime now) const;
  /// What it is being tried again for, if it is.
  [[nodiscard]] std::optional<Error> retry_error(SteadyTime now) const;

  // The transitions, which are logged at debug.
  void request(std::shared_ptr<Fetch> fetch, bool ahead, SteadyTime now);
  void hasten();
  void begin_body(StreamBody body, std::uint64_t end, SteadyTime now);
  void pause(SteadyTime now);
  /// The body goes on. Nothing where it was not paused.
  void flow(SteadyTime now);
  void cancel();
  /// Its GET has ended ...
  void get_ended();
  /// ... and another follows, for `why`; or nothing does, and its memory is given back.
  void retry_later(const Error& why);
  void end();

  /// What comes begins at `position`, and continues nothing that is here. What may have been seen of the
  /// chunk under way.
  PartialChunk restart_at(std::uint64_t position);

  [[nodiscard]] ChunkAssembler& chunks() { return chunks_; }
  [[nodiscard]] std::uint64_t end_position() const { return end_; }
  [[nodiscard]] const StreamBody& body() const { return body_; }
  /// Null: between two GETs.
  [[nodiscard]] const std::shared_ptr<Fetch>& fetch() const { return fetch_; }
  /// Nobody waited for it when its GET began.
  [[nodiscard]] bool ahead() const { return ahead_; }
  [[nodiscard]] RetryHistory& history() { return history_; }
  [[nodiscard]] MemoryWait& memory() { return memory_; }

 private:
  void enter(StreamState next);

  const std::weak_ptr<StreamListener> listener_;
  ChunkAssembler chunks_;
  MemoryWait memory_;
  RetryHistory history_;
  StreamBody body_;
  std::shared_ptr<Fetch> fetch_;
  StreamState state_ = StreamState::requested;
  bool ahead_ = false;
  bool hastened_ = false;
  std::uint64_t end_;  // where its body ends in the media
  SpeedMeter speed_;
  SteadyTime requested_{};
  SteadyTime paused_since_{};
  std::optional<Error> retry_error_;
};

}  // namespace mediafs
