#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mediafs/base/bytes.h"
#include "mediafs/model/byte_range.h"

namespace mediafs {

/// How far ahead of its readers a media is fetched: for who only looks at a place, for who begins to read on,
/// and at most.
inline constexpr std::uint64_t kGlance = 256_KiB;
inline constexpr std::uint64_t kFirstWindow = 1_MiB;
inline constexpr std::uint64_t kLargestWindow = 32_MiB;

/// A place in a media where somebody reads on and on: `run` for short.
struct SequentialReader {
  std::uint64_t start = 0;       // of its first read
  std::uint64_t read_up_to = 0;  // the end of its furthest read
  std::uint64_t in_order = 0;    // bytes read since it began, or since somebody jumped elsewhere
  std::uint64_t fetched_to = 0;  // what streams were last asked to bring for it ends here; 0: nothing
};

/// Where a media is read, and so how far ahead it is worth fetching: as much again as has been read in order.
/// Guarded by its owner.
class SequentialReaders {
 public:
  static constexpr std::size_t kMost = 16;

  /// Takes a read into account, of which some bytes are `missing` or none. False: it continues no sequential
  /// reader, so whoever reads has jumped, unless what leads there comes yet. After a jump far away nothing
  /// more is fetched ahead elsewhere than at first.
  bool note(ByteRange read, bool missing);

  /// Whether what was read before `offset`, at whatever time it was noted, leads there.
  [[nodiscard]] bool continues_to(std::uint64_t offset) const;

  /// The sequential reader that was noted last. REQUIRES: a note().
  [[nodiscard]] SequentialReader& last() { return runs_.front(); }
  [[nodiscard]] const SequentialReader& last() const { return runs_.front(); }

  /// How far a stream at `position` is worth going on; 0 where no sequential reader leads past it. `most`
  /// bounds the window.
  [[nodiscard]] std::uint64_t target_at(std::uint64_t position, std::uint64_t most) const;

  /// A stream has been asked for [position, end).
  void expect(std::uint64_t position, std::uint64_t end, std::uint64_t most);
  /// It came to `position` alone.
  void on_stream_truncated(std::uint64_t position, std::uint64_t end);

 private:
  void join();

  std::vector<SequentialReader> runs_;  // noted last first
};

/// How far it is worth fetching for that reader.
std::uint64_t target_of(const SequentialReader& run, std::uint64_t most);

}  // namespace mediafs
