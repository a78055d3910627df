// A chunk on its way to the disk and back: AES-256-GCM under the cache's keys.
#include <vector>

#include <benchmark/benchmark.h>

#include "cache/sealing.h"
#include "mediafs/crypto/random.h"

namespace mediafs {
namespace {

/// Everything that sealing one chunk takes.
class Sealed {
 public:
  Sealed() { crypto::fill_random(plain_); }

  void seal() { sealing_.seal_chunk(id_, key_, plain_, record_); }

  /// As from the disk: opening turns the record's own bytes into the plain ones.
  bool open(std::vector<std::byte>& record) const {
    const MutableBytes whole(record);
    const crypto::SealedParts parts{.nonce = whole.first(crypto::kNonceSize),
                                    .text = whole.subspan(crypto::kNonceSize, kChunkSize),
                                    .tag = whole.last(crypto::kTagSize)};
    return sealing_.open_chunk(id_, key_, parts);
  }

  [[nodiscard]] const std::vector<std::byte>& record() const { return record_; }

 private:
  Sealing sealing_{crypto::random_key(), CacheId{}};
  MediaId id_ = *MediaId::parse("some-media-00000001");
  ChunkKey key_{Revision{7}, ChunkIndex{3}};
  std::vector<std::byte> plain_ = std::vector<std::byte>(kChunkSize);
  std::vector<std::byte> record_ = std::vector<std::byte>(kChunkRecordSize);
};

void count_bytes(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kChunkSize));
}

void seal_a_chunk(benchmark::State& state) {
  Sealed chunk;
  for ([[maybe_unused]] const auto run : state) chunk.seal();
  count_bytes(state);
}
BENCHMARK(seal_a_chunk);

/// The record is copied first, as it is out of the cache's file.
void open_a_chunk(benchmark::State& state) {
  Sealed chunk;
  chunk.seal();
  std::vector<std::byte> record;
  for ([[maybe_unused]] const auto run : state) {
    record = chunk.record();
    if (!chunk.open(record)) state.SkipWithError("a record did not open");
  }
  count_bytes(state);
}
BENCHMARK(open_a_chunk);

}  // namespace
}  // namespace mediafs
