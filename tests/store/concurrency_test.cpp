// The store with threads, as the program has it: one that brings answers and keeps the time, and readers.
#include <atomic>
#include <future>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "mediafs/api/api_client.h"
#include "mediafs/store/media_store.h"
#include "sandbox/synthetic.h"
#include "support/manual_timer.h"
#include "support/memory_cache.h"
#include "support/simulated_http.h"

namespace mediafs {
namespace {

class StoreConcurrency : public testing::Test {
 protected:
  static constexpr std::uint64_t kSize = 40'000'000;

  ~StoreConcurrency() override { stop(); }

  /// Everything that is under way ends.
  void stop() {
    store_.stop();
    thread_ = {};
    server_.end_all();
    timer_.advance(Duration::zero());
    timer_.drop_jobs();
  }

  MediaItemRef find(const std::string& id) {
    std::promise<Result<MediaItemRef>> found;
    store_.find(*MediaId::parse(id), [&](Result<MediaItemRef> item) { found.set_value(std::move(item)); });
    return *found.get_future().get();
  }
  void expect_exact(const MediaItemRef& item, ByteRange range) {
    std::promise<std::string> read;
    store_.read(item, range, [&](const Result<Slices>& slices) {
      std::string bytes;
      if (slices) {
        for (const Slice& slice : *slices) bytes += text_of(slice.bytes);
      }
      read.set_value(std::move(bytes));
    });
    std::string original(range.length, '\0');
    sandbox::fill_synthetic(sandbox::synthetic_from_id(item->id.text())->seed, range.offset,
                            std::as_writable_bytes(std::span(original)));
    EXPECT_TRUE(read.get_future().get() == original) << "wrong bytes at " << range.offset;
  }

  ManualTimer timer_;
  SimulatedHttp server_{timer_};
  MemoryCache cache_{timer_};
  ApiClient api_{{.base = *BaseUrl::parse(SimulatedHttp::url(), false),
                  .credentials = {SecretString("sandbox-key"), {SecretString("sandbox-secret")}}},
                 server_,
                 timer_};
  Catalog catalog_{{}, &cache_, timer_.clock()};
  MediaStore store_{{.memory = 16_MiB}, api_, &cache_, catalog_, timer_};
  std::jthread thread_{[this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      timer_.advance(steady_now() - timer_.now());
      std::this_thread::yield();
    }
  }};
};

/// What has left the memory is in the cache, or on its way there; but for what a cache that could not keep up
/// was not given, which leaves the media incomplete: such a round shows nothing, and another takes its place.
TEST_F(StoreConcurrency, ReadersThatRaceTheStreamCauseNoSecondRequest) {
  constexpr int kRounds = MEDIAFS_TEST_SLOWDOWN > 1 ? 2 : 5;
  int kept = 0;
  for (int round = 0; kept < kRounds && round < 5 * kRounds; ++round) {
    const std::string id = "gen-000040000000-race" + std::to_string(1000 + round);
    const MediaItemRef item = find(id);
    store_.opened(item->id);
    std::vector<std::jthread> readers;
    for (int i = 0; i < 4; ++i) {
      readers.emplace_back([&] {
        for (std::uint64_t offset = 0; offset < kSize; offset += 1_MiB) {
          expect_exact(item, clipped({offset, 1_MiB}, kSize));
        }
      });
    }
    readers.clear();
    store_.closed(item->id);
    while (store_.under_way() > 0) std::this_thread::yield();
    if (!catalog_.find(item->id)->complete) continue;
    ++kept;
    EXPECT_EQ(server_.requests_for(id), 1U);
  }
  EXPECT_EQ(kept, kRounds) << "the cache could not keep up";
}

/// Waits, streams, erasures and what is written, all of them ended in the middle by the fixture.
TEST_F(StoreConcurrency, WhateverIsUnderWayEndsOnceWhoeverStopsIt) {
  constexpr unsigned kReaders = 4;
  constexpr unsigned kReads = 200 / MEDIAFS_TEST_SLOWDOWN;
  server_.set_rules("* 1 cut 3000000\n* 3 status 503\n* 5 delay 20ms");
  const auto id = [](std::uint64_t i) { return "gen-000008000000-ends" + std::to_string(1000 + i % 8); };
  std::atomic<unsigned> begun = 0;
  std::atomic<unsigned> ended = 0;
  {
    std::vector<std::jthread> readers;
    for (unsigned reader = 0; reader < kReaders; ++reader) {
      readers.emplace_back([&, reader] {
        std::mt19937 random(reader);
        for (unsigned i = 0; i < kReads; ++i) {
          std::stop_source stop;
          const MediaId media = *MediaId::parse(id(random()));
          ++begun;
          store_.find(
              media,
              [&, offset = random() % 8'000'000](const Result<MediaItemRef>& item) {
                ++ended;
                if (!item) return;
                ++begun;
                store_.read(*item, clipped({offset, 4096}, 8'000'000),
                            [&](const Result<Slices>&) { ++ended; });
              },
              stop.get_token());
          if (random() % 2 == 0) stop.request_stop();
          if (random() % 16 == 0) store_.erase(media);
        }
      });
    }
  }
  stop();
  EXPECT_EQ(ended, begun) << "each exactly once";
}

}  // namespace
}  // namespace mediafs
