// The store as the program has it: the http client's thread, the timer's, and readers of their own.
#include <future>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "mediafs/api/api_client.h"
#include "mediafs/http/http_client.h"
#include "mediafs/store/media_store.h"
#include "sandbox/server.h"
#include "sandbox/synthetic.h"

namespace mediafs {
namespace {

class StoreConcurrency : public testing::Test {
 protected:
  static constexpr std::uint64_t kSize = 40'000'000;

  ~StoreConcurrency() override {
    store_.stop();
    http_.stop();
    timer_.stop();
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

  sandbox::Server server_;
  TimerThread timer_;
  HttpClient http_{{}};
  ApiClient api_{{.base = *BaseUrl::parse(server_.url(), false),
                  .credentials = {SecretString("sandbox-key"), {SecretString("sandbox-secret")}}},
                 http_,
                 timer_};
  Catalog catalog_{{}, nullptr, timer_.clock()};
  MediaStore store_{{}, api_, nullptr, catalog_, timer_};
};

TEST_F(StoreConcurrency, ReadersThatRaceTheStreamCauseNoSecondRequest) {
  for (int round = 0; round < 5; round += MEDIAFS_TEST_SLOWDOWN) {
    const std::string id = "gen-000040000000-race000" + std::to_string(round);
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
    EXPECT_EQ(server_.requests_for(id), 1U);
    store_.closed(item->id);
  }
}

}  // namespace
}  // namespace mediafs
