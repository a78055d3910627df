#pragma once

#include "mediafs/base/result.h"
#include "store/deferred_actions.h"
#include "store/download/stream.h"
#include "store/download/stream_set.h"
#include "store/download/version.h"
#include "store/download/waiters.h"

namespace mediafs {

/// Takes in what streams bring: chunks go to the version, and to whoever waits for them. Guarded by its
/// download's mutex.
class Receiver {
 public:
  /// Both must outlive this object.
  Receiver(Version& version, Waiters& waiters) : version_(version), waiters_(waiters) {}

  /// A body follows, whose head is of the version that is here or tells of one where there is none.
  void begin(DeferredActions& deferred, Stream& stream, const MediaHead& head, SteadyTime now);

  /// False: it is not what readers were given before. REQUIRES: the stream has the memory for it.
  bool take(DeferredActions& deferred, Stream& stream, ByteView piece);

  /// The body has ended, and its signature, if any, is right. False: as take(), or it is of another size.
  /// Errc::protocol: it has ended too soon.
  Result<bool> finish(DeferredActions& deferred, Stream& stream);

  /// Whether a body that ends elsewhere than the media is one of another version: nothing but its end tells.
  [[nodiscard]] bool may_have_another_size(const Stream& stream) const;

  /// What has come of the chunks under way, to the reads that wait for no more.
  void offer_filling(DeferredActions& deferred, const StreamSet& streams);

 private:
  [[nodiscard]] bool must_be_whole(const Stream& stream, ChunkIndex index) const;
  bool complete_chunk(DeferredActions& deferred, Stream& stream);
  bool release(DeferredActions& deferred, ChunkIndex index, const Buffer& chunk, std::uint64_t length);

  Version& version_;
  Waiters& waiters_;
};

}  // namespace mediafs
