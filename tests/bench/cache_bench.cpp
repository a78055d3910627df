// The cache on disk, sealed and committed by its writer.
#include <array>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "mediafs/cache/cache.h"
#include "mediafs/crypto/random.h"

namespace mediafs {
namespace {

constexpr std::uint32_t kChunks = 512;  // 64 MiB, read and written in turn

Buffer random_chunk() {
  Buffer bytes(new std::byte[kChunkSize]);
  crypto::fill_random({bytes.get(), kChunkSize});
  return bytes;
}

/// A cache of its own in a directory that goes with it.
class TemporaryCache {
 public:
  TemporaryCache() {
    const std::filesystem::path folder = std::filesystem::temp_directory_path();
    directory_ = (folder / "mediafs-microbench-XXXXXX").string();
    if (::mkdtemp(directory_.data()) == nullptr) throw std::runtime_error("no temporary directory");
    auto opened =
        Cache::open({.directory = directory_ + "/cache", .any_filesystem = true}, {SecretString("secret")});
    if (!opened) throw std::runtime_error(opened.error().context);
    cache_ = *std::move(opened);
  }
  ~TemporaryCache() {
    cache_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  TemporaryCache(const TemporaryCache&) = delete;
  TemporaryCache& operator=(const TemporaryCache&) = delete;

  Cache& operator*() { return *cache_; }
  Cache* operator->() { return cache_.get(); }

 private:
  std::string directory_;
  std::unique_ptr<Cache> cache_;
};

MediaItem whole_item() {
  return {.id = *MediaId::parse("some-media-00000001"),
          .revision = Revision{7},
          .size = kChunks * kChunkSize,
          .content_type = "video/mp4",
          .modified = 1'700'000'000,
          .etag = "\"v1\"",
          .complete = true};
}

void store_all(Cache& cache, const MediaItem& item, const ConstBuffer& bytes) {
  for (std::uint32_t i = 0; i < kChunks; ++i) {
    cache.store_chunk(item.id, {item.revision, ChunkIndex{i}}, bytes);
  }
  cache.settle();
}

/// From the first chunk's entry to the commit of the last one.
void put_64_mib(benchmark::State& state) {
  TemporaryCache cache;
  MediaItem item = whole_item();
  const ConstBuffer bytes = random_chunk();
  for ([[maybe_unused]] const auto run : state) {
    store_all(*cache, item, bytes);
    state.PauseTiming();
    cache->drop(item.id, item.revision);
    cache->settle();
    state.ResumeTiming();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kChunks * kChunkSize));
}
BENCHMARK(put_64_mib)->Unit(benchmark::kMillisecond)->UseRealTime();

/// The argument: how many bytes of it.
void get_of_a_chunk(benchmark::State& state) {
  TemporaryCache cache;
  const MediaItem item = whole_item();
  store_all(*cache, item, random_chunk());
  std::vector<std::byte> out(kChunkSize);
  std::uint32_t turn = 0;
  const ByteRange part{0, static_cast<std::uint64_t>(state.range(0))};
  for ([[maybe_unused]] const auto run : state) {
    if (!cache->read_chunk(item, ChunkIndex{turn++ % kChunks}, part, out)) state.SkipWithError("a miss");
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(get_of_a_chunk)->Arg(4096)->Arg(kChunkSize);

}  // namespace
}  // namespace mediafs
