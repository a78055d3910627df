#pragma once

#include <atomic>
#include <limits>
#include <map>
#include <memory>
#include <vector>

#include "mediafs/api/media_source.h"
#include "mediafs/api/retry.h"
#include "mediafs/base/buffer_pool.h"
#include "mediafs/base/clock.h"
#include "mediafs/model/chunk.h"
#include "store/download/stream_plan.h"

namespace mediafs {

class Download;

/// One GET's run through a media, chunk after chunk. What it holds is guarded by its download's mutex; it
/// only passes the calls of the http thread on.
class Stream final : public MediaSink, public std::enable_shared_from_this<Stream> {
 public:
  explicit Stream(std::shared_ptr<Download> download) : download_(std::move(download)) {}

  Flow on_head(const MediaHead& head) override;
  Flow on_body(ByteView piece) override;
  void on_end(Status outcome) override;

  /// The chunk that `filling` is of. REQUIRES: it is not yet complete.
  [[nodiscard]] ChunkIndex filling_chunk() const { return chunk_at(position - filled); }

  /// Its speed is what it brings from now on.
  void measure(SteadyTime now) {
    first = position;
    began = now;
  }

  /// Its memory is given back: nothing goes on from it.
  void let_go();

  /// Whether it has come no further than those that it succeeds.
  [[nodiscard]] bool only_repeats() const { return position < broke_at + kChunkSize; }

  /// Where it is, and how fast it has been.
  [[nodiscard]] StreamPlace place(SteadyTime now) const;

  static constexpr std::uint64_t kToTheEnd = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t position = 0;     // of the next byte in the media
  std::uint64_t end = kToTheEnd;  // where its body ends in the media
  std::uint64_t first = 0;   // where it was when its speed began to be measured: at its head or after a pause
  SteadyTime began{};        // when that was
  std::uint64_t filled = 0;  // bytes of the chunk at `position` that stand in `filling`
  Buffer filling;
  std::vector<Buffer> spare;               // for what comes next; all at once where it holds back what comes
  std::map<ChunkIndex, Buffer> held;       // complete, and not to be seen before the body is verified
  std::shared_ptr<BodyVerifier> verifier;  // has seen every byte before `position`
  std::shared_ptr<Fetch> fetch;
  Revision revision{};                      // the version that it brings, once its head has told
  std::uint64_t broke_at = 0;               // where those that it succeeds have come to
  FailureCount failures;                    // of those, since the last progress
  std::optional<SteadyTime> failing_since;  // the last progress was before that
  std::optional<Error> last_retry_error;    // what the last of those has broken with
  bool ahead = false;                       // nobody waited for it when it began
  bool hastened = false;                    // somebody does now
  bool holds_back = false;
  bool head_seen = false;
  bool paused = false;                      // it came to its limit, or there is no memory
  SteadyTime paused_since{};                // last
  std::atomic<bool> waits_in_pool = false;  // for memory; not guarded: the pool's callback may lock nothing
  std::optional<SteadyTime> short_since;    // somebody waits for it, and there is no memory
  bool cancelled = false;

 private:
  const std::shared_ptr<Download> download_;
};

}  // namespace mediafs
