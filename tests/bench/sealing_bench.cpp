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

  void seal() { sealing_.seal_chunk(version_key_, id_, key_, plain_, record_); }

  /// As from the disk: opening turns the record's own bytes into the plain ones.
  bool open(std::vector<std::byte>& record, std::size_t pieces) const {
    std::vector<crypto::SealedParts> parts;
    for (std::size_t i = 0; i < pieces; ++i) {
      const MutableBytes piece = MutableBytes(record).subspan(i * kSealedPieceSize, kSealedPieceSize);
      parts.push_back({.nonce = piece.first(crypto::kNonceSize),
                       .text = piece.subspan(crypto::kNonceSize, kPieceSize),
                       .tag = piece.last(crypto::kTagSize)});
    }
    return sealing_.open_pieces(version_key_, id_, key_, 0, parts);
  }

  std::string name() { return sealing_.chunk_name(id_, key_); }

  [[nodiscard]] const std::vector<std::byte>& record() const { return record_; }

 private:
  Sealing sealing_{crypto::random_key(), CacheId{}};
  const SecretKey version_key_ = crypto::random_key();
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
void open_pieces(benchmark::State& state) {
  Sealed chunk;
  chunk.seal();
  std::vector<std::byte> record;
  const auto pieces = static_cast<std::size_t>(state.range(0));
  for ([[maybe_unused]] const auto run : state) {
    record.assign(chunk.record().begin(),
                  chunk.record().begin() + static_cast<std::ptrdiff_t>(pieces * kSealedPieceSize));
    if (!chunk.open(record, pieces)) state.SkipWithError("a record did not open");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(pieces * kPieceSize));
}
BENCHMARK(open_pieces)->Arg(1)->Arg(kPieces);

void name_a_chunk(benchmark::State& state) {
  Sealed chunk;
  for ([[maybe_unused]] const auto run : state) benchmark::DoNotOptimize(chunk.name());
}
BENCHMARK(name_a_chunk);

}  // namespace
}  // namespace mediafs
