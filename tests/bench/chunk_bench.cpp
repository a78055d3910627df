// Which chunks hold a read's bytes: done for every read of the kernel's.
#include <array>

#include <benchmark/benchmark.h>

#include "mediafs/model/chunk.h"

namespace mediafs {
namespace {

constexpr std::uint64_t kSize = 1_GiB + 12'345;
constexpr std::array kOffsets{0_MiB, 1_MiB + 1, 700_MiB + 4'097, 1024_MiB};  // the last one reaches the end

void chunks_of_a_read(benchmark::State& state) {
  const auto length = static_cast<std::uint64_t>(state.range(0));
  std::size_t turn = 0;
  for ([[maybe_unused]] const auto run : state) {
    const ByteRange range = clipped({kOffsets.at(turn++ % kOffsets.size()), length}, kSize);
    const ChunkSpan span = chunks_covering(range);
    std::uint64_t held = 0;
    for (ChunkIndex i = span.first; i < span.past; i = next(i)) held += chunk_length(kSize, i);
    benchmark::DoNotOptimize(held);
  }
}
BENCHMARK(chunks_of_a_read)->Arg(4_KiB)->Arg(128_KiB)->Arg(1_MiB);

void hash_of_a_chunk_key(benchmark::State& state) {
  ChunkKey key{Revision{0x123456789abcdef0}, ChunkIndex{}};
  for ([[maybe_unused]] const auto run : state) {
    key.index = next(key.index);
    benchmark::DoNotOptimize(std::hash<ChunkKey>()(key));
  }
}
BENCHMARK(hash_of_a_chunk_key);

}  // namespace
}  // namespace mediafs
