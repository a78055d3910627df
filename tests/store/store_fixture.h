#pragma once

#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "mediafs/api/api_client.h"
#include "mediafs/store/catalog.h"
#include "mediafs/store/listing_store.h"
#include "mediafs/store/media_store.h"
#include "sandbox/synthetic.h"
#include "support/manual_timer.h"
#include "support/memory_cache.h"
#include "support/simulated_http.h"

namespace mediafs {

/// The floors up to the store over a simulated API and a cache in memory, on one thread and in a time of
/// their own.
class StoreFixture : public testing::Test {
 protected:
  static inline const std::string kSmall = "gen-000000300000-small001";
  static inline const std::string kLarge = "gen-000020000000-large001";

  explicit StoreFixture(sandbox::Options origin = {}) : server_(timer_, std::move(origin)) {}
  ~StoreFixture() override { stop(); }

  void start(MediaStore::Options options = {}, bool with_cache = true) {
    MediaCache* const cache = with_cache ? &cache_ : nullptr;
    catalog_.emplace(Catalog::Options{}, cache, timer_.clock());
    api_.emplace(
        ApiClient::Options{.base = *BaseUrl::parse(SimulatedHttp::url(), false),
                           .credentials = {SecretString("sandbox-key"), {SecretString("sandbox-secret")}}},
        server_, timer_);
    store_.emplace(options, *api_, cache, *catalog_, timer_);
    listings_.emplace(listing_options_, *api_, *catalog_, timer_);
  }
  void stop() {
    if (!store_) return;
    store_->stop();
    listings_->stop();
    timer_.advance(Duration::zero());  // what has been cancelled between two attempts ends
    server_.end_all();
    timer_.drop_jobs();
    cache_.settle();
    store_.reset();
    listings_.reset();
    api_.reset();
    catalog_.reset();
  }
  void restart(MediaStore::Options options = {}) {
    stop();
    start(options);
  }

  /// Lets time pass until the condition holds. False: it never does.
  template <typename Condition>
  bool happens(Condition condition) {
    return timer_.run_until(condition);
  }
  template <typename Value>
  Value wait(std::future<Value>&& value) {
    return wait(value);
  }
  template <typename Value>
  Value wait(std::future<Value>& value) {
    const bool there = happens([&] { return is_ready(value); });
    if (!there) throw std::runtime_error("waited for what never happens");
    return value.get();
  }
  template <typename Value>
  static bool is_ready(const std::future<Value>& value) {
    return value.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }

  static MediaId id_of(const std::string& text) { return *MediaId::parse(text); }

  Result<MediaItemRef> find(const std::string& id) { return wait(find_later(id)); }
  std::future<Result<MediaItemRef>> find_later(const std::string& id) {
    auto promise = std::make_shared<std::promise<Result<MediaItemRef>>>();
    store_->find(id_of(id), [promise](Result<MediaItemRef> item) { promise->set_value(std::move(item)); });
    return promise->get_future();
  }

  Result<ListingRef> list(const ListingKey& key) { return wait(list_later(key)); }
  std::future<Result<ListingRef>> list_later(const ListingKey& key, const std::stop_token& stop = {}) {
    auto promise = std::make_shared<std::promise<Result<ListingRef>>>();
    listings_->find(
        key, older_, [promise](Result<ListingRef> listing) { promise->set_value(std::move(listing)); }, stop);
    return promise->get_future();
  }

  Result<std::string> read(const MediaItemRef& item, ByteRange range) {
    return wait(read_later(item, range));
  }
  std::future<Result<std::string>> read_later(const MediaItemRef& item, ByteRange range) {
    auto promise = std::make_shared<std::promise<Result<std::string>>>();
    store_->read(item, range, [promise](const Result<Slices>& slices) {
      if (!slices) return promise->set_value(slices.error());
      std::string bytes;
      for (const Slice& slice : *slices) bytes += text_of(slice.bytes);
      promise->set_value(std::move(bytes));
    });
    return promise->get_future();
  }

  /// What the origin holds.
  static std::string original(const std::string& id, ByteRange range) {
    std::string bytes(range.length, '\0');
    sandbox::fill_synthetic(sandbox::synthetic_from_id(id)->seed, range.offset,
                            std::as_writable_bytes(std::span(bytes)));
    return bytes;
  }
  void expect_exact(const std::string& id, const MediaItemRef& item, ByteRange range) {
    const auto bytes = read(item, range);
    ASSERT_TRUE(bytes.ok()) << bytes.error().context;
    EXPECT_TRUE(*bytes == original(id, range)) << "wrong bytes at " << range.offset;
  }

  ManualTimer timer_;
  SimulatedHttp server_;
  MemoryCache cache_{timer_};
  std::optional<Catalog> catalog_;
  std::optional<ApiClient> api_;
  std::optional<MediaStore> store_;
  ListingStore::Options listing_options_;
  ListingStore::Older older_ = ListingStore::Older::shown;
  std::optional<ListingStore> listings_;
};

}  // namespace mediafs
