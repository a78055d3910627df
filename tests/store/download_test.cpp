// A media's download, answered word by word: what each failure means before and after its head.
#include "store/download/download.h"

#include <algorithm>
#include <cctype>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mediafs/store/media_store.h"
#include "support/manual_timer.h"
#include "support/memory_cache.h"
#include "support/scripted_source.h"

namespace mediafs {
namespace {

class DownloadTest : public testing::TestWithParam<Errc> {
 protected:
  ~DownloadTest() override {
    store_.stop();
    source_.end_cancelled();
    timer_.drop_jobs();
  }

  std::future<Result<MediaItemRef>> find(const std::stop_token& stop = {}) {
    auto promise = std::make_shared<std::promise<Result<MediaItemRef>>>();
    store_.find(kId, [promise](Result<MediaItemRef> item) { promise->set_value(std::move(item)); }, stop);
    return promise->get_future();
  }
  /// Nothing: it did not fail.
  using Failure = std::optional<Errc>;
  std::future<Failure> failure_of_read(const MediaItemRef& item, ByteRange range) {
    auto promise = std::make_shared<std::promise<Failure>>();
    store_.read(item, range, [promise](const Result<Slices>& slices) {
      promise->set_value(slices ? Failure() : Failure(slices.error().code));
    });
    return promise->get_future();
  }
  /// The media as it begins to come: its head and two chunks.
  MediaItemRef begin() {
    auto item = find();
    source_.media.at(0)->head(kHead);
    for (int chunk = 0; chunk < 2; ++chunk) source_.media[0]->body(bytes_of(kChunk));
    return *timer_.wait(std::move(item));
  }
  static bool is_ready(const std::future<Failure>& value) {
    return value.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }

  const MediaId kId = *MediaId::parse("some-media-00000001");
  const std::string kChunk = std::string(kChunkSize, 'x');
  const MediaHead kHead{.size = 100 * kChunkSize,
                        .end = 100 * kChunkSize,
                        .ranges = true,
                        .content_type = "video/mp4",
                        .etag = "\"v1\""};

  ManualTimer timer_;
  ScriptedSource source_;
  Catalog catalog_{{}, nullptr, timer_.clock()};
  // What a backoff draws must not decide.
  MediaStore store_{{.jitter = [] { return 0.5; }}, source_, nullptr, catalog_, timer_};
};

std::string code_name(const testing::TestParamInfo<Errc>& code) {
  std::string name(to_string(code.param));
  std::replace_if(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

TEST_F(DownloadTest, APieceMayBeLongerThanAChunk) {
  const auto item = begin();
  auto failure = failure_of_read(item, {2 * kChunkSize, 3 * kChunkSize});
  const std::string piece(3 * kChunkSize + 5, 'x');
  EXPECT_EQ(source_.media[0]->body(bytes_of(piece)), Flow::go_on);
  EXPECT_EQ(timer_.wait(std::move(failure)), std::nullopt);
}

TEST_F(DownloadTest, WhatIsUnderWayIsShownWithWhatHasComeAndHowFast) {
  EXPECT_TRUE(store_.transfers().empty());
  auto item = find();
  ASSERT_EQ(store_.transfers().size(), 1U);
  EXPECT_EQ(store_.transfers().front().size, std::nullopt);
  source_.media.at(0)->head(kHead);
  store_.opened(kId);
  store_.opened(kId);
  for (int chunk = 0; chunk < 2; ++chunk) source_.media[0]->body(bytes_of(kChunk));
  timer_.advance(std::chrono::seconds(1));
  const Transfer transfer = store_.transfers().front();
  EXPECT_EQ(transfer.id, kId);
  EXPECT_EQ(transfer.size, 100 * kChunkSize);
  EXPECT_EQ(transfer.here, 2 * kChunkSize);
  EXPECT_EQ(transfer.bytes_per_second, 2 * kChunkSize);
  EXPECT_EQ(transfer.open, 2U);
  store_.closed(kId);
  store_.closed(kId);
  store_.stop();
  source_.end_cancelled();
  EXPECT_TRUE(store_.transfers().empty());
}

/// A body without a length told nobody its size, and broke; the next one tells it at once.
TEST_F(DownloadTest, NothingIsGivenOfABodyWhoseSizeNeverCame) {
  auto item = find();
  source_.media.at(0)->head({.ranges = true, .content_type = "video/mp4", .etag = "\"v1\""});
  source_.media[0]->body(bytes_of(std::string(kChunkSize, 'w')));
  source_.media[0]->end(Error{Errc::protocol, "cut"});
  timer_.advance(std::chrono::seconds(1));
  source_.media.at(1)->head(kHead);
  const MediaItemRef found = *timer_.wait(std::move(item));
  std::string read;
  store_.read(found, {0, 1}, [&](const Result<Slices>& slices) {
    for (const Slice& slice : *slices) read += text_of(slice.bytes);
  });
  EXPECT_EQ(read, "");
  source_.media[1]->body(bytes_of(kChunk));
  EXPECT_EQ(read, "x");
}

TEST_F(DownloadTest, WhatIsGoneOnWithIsNoFifthStream) {
  const auto item = begin();
  std::vector<std::future<Failure>> reads;
  const auto read_at = [&](std::uint64_t chunk) {
    reads.push_back(failure_of_read(item, {chunk * kChunkSize, 1}));
    timer_.advance(std::chrono::milliseconds(60));
  };
  for (const std::uint64_t chunk : {2U, 40U, 60U, 80U}) read_at(chunk);
  ASSERT_EQ(source_.media.size(), 4U);
  source_.media[3]->head({.offset = 80 * kChunkSize,
                          .size = kHead.size,
                          .end = 82 * kChunkSize,
                          .ranges = true,
                          .content_type = "video/mp4",
                          .etag = "\"v1\""});
  source_.media[3]->end(Error{Errc::unavailable, "cut"});
  read_at(20);
  timer_.advance(std::chrono::seconds(1));
  const auto live = std::count_if(source_.media.begin(), source_.media.end(),
                                  [](const auto& get) { return !get->cancelled && !get->ended; });
  EXPECT_EQ(live, 4);
}

class BeforeTheHead : public DownloadTest {};

TEST_P(BeforeTheHead, AFailureIsTheAnswerAndIsBelievedForAWhile) {
  auto first = find();
  ASSERT_TRUE(source_.media.at(0)->begun);
  source_.media[0]->end(Error{GetParam(), "as the test says"});
  EXPECT_EQ(timer_.wait(std::move(first)).error().code, GetParam());
  if (GetParam() == Errc::not_found_by_gateway) {  // true for who asked alone
    const auto second = find();
    EXPECT_EQ(source_.media.size(), 2U);
    return;
  }
  const Errc believed = GetParam() == Errc::impossible_id ? Errc::not_found : GetParam();
  EXPECT_EQ(timer_.wait(find()).error().code, believed) << "without another question";
  EXPECT_EQ(source_.media.size(), 1U);
  timer_.advance(std::chrono::seconds(10));
  auto later = find();
  EXPECT_EQ(source_.media.size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(OfEachKind, BeforeTheHead, testing::ValuesIn(kAllErrcs), code_name);

class AfterBytesHaveCome : public DownloadTest {};

TEST_P(AfterBytesHaveCome, WhatMayPassIsGoneOnWithByRangeAndAllElseIsTheAnswer) {
  const MediaItemRef item = begin();
  store_.opened(kId);
  auto failure = failure_of_read(item, {2 * kChunkSize, 4096});
  source_.media[0]->end(Error{GetParam(), "as the test says"});
  timer_.advance(std::chrono::seconds(1));
  switch (GetParam()) {
    case Errc::unreachable:
    case Errc::unavailable:
    case Errc::timed_out:
    case Errc::throttled:
    case Errc::protocol:
      ASSERT_EQ(source_.media.size(), 2U);
      EXPECT_EQ(source_.media[1]->request.offset, 2 * kChunkSize);
      EXPECT_EQ(source_.media[1]->request.if_range, kHead.etag);
      EXPECT_FALSE(is_ready(failure));
      break;
    default:
      EXPECT_EQ(source_.media.size(), 1U);
      ASSERT_TRUE(is_ready(failure));
      EXPECT_EQ(failure.get(), GetParam());
  }
}

INSTANTIATE_TEST_SUITE_P(OfEachKind, AfterBytesHaveCome, testing::ValuesIn(kAllErrcs), code_name);

class RangeThatIsDenied : public DownloadTest {};

TEST_P(RangeThatIsDenied, IsAskedOnceMoreAsAWholeBeforeAnybodyBelievesIt) {
  const MediaItemRef item = begin();
  store_.opened(kId);
  auto failure = failure_of_read(item, {2 * kChunkSize, 4096});
  source_.media[0]->end(Error{Errc::unavailable, "as the test says"});
  timer_.advance(std::chrono::seconds(1));
  ASSERT_EQ(source_.media.size(), 2U);
  ASSERT_GT(source_.media[1]->request.offset, 0U);
  source_.media[1]->end(Error{GetParam(), "as the test says"});
  timer_.advance(std::chrono::seconds(0));
  ASSERT_EQ(source_.media.size(), 3U);
  EXPECT_EQ(source_.media[2]->request.offset, 0U);
  EXPECT_FALSE(is_ready(failure));
  source_.media[2]->end(Error{GetParam(), "as the test says"});
  timer_.advance(std::chrono::seconds(0));
  ASSERT_TRUE(is_ready(failure));
  EXPECT_EQ(failure.get(), GetParam());
}

TEST_P(RangeThatIsDenied, IsForgottenWhereItWasNoWordOnRanges) {
  const MediaItemRef item = begin();
  store_.opened(kId);
  auto failure = failure_of_read(item, {2 * kChunkSize, 4096});
  source_.media[0]->end(Error{Errc::unavailable, "as the test says"});
  timer_.advance(std::chrono::seconds(1));
  for (const std::size_t request : {1U, 2U}) {
    source_.media.at(request)->end(Error{GetParam(), "as the test says"});
    timer_.advance(std::chrono::seconds(0));
  }
  timer_.advance(std::chrono::seconds(10));
  auto later = failure_of_read(item, {50 * kChunkSize, 4096});
  ASSERT_EQ(source_.media.size(), 4U);
  EXPECT_EQ(source_.media[3]->request.offset, 50 * kChunkSize);
}

INSTANTIATE_TEST_SUITE_P(OfEachKind, RangeThatIsDenied,
                         testing::Values(Errc::not_found, Errc::not_found_by_gateway, Errc::impossible_id,
                                         Errc::invalid_argument, Errc::denied, Errc::protocol,
                                         Errc::outside_api),
                         code_name);

TEST_F(DownloadTest, WhoWaitsInVainIsToldWhyTheSourceWaits) {
  auto waiting = find();
  source_.media.at(0)->why_it_waits = Error{Errc::throttled, "as the test says"};
  EXPECT_EQ(timer_.wait(std::move(waiting)).error().code, Errc::throttled);
}

TEST_F(DownloadTest, WhoWaitsInVainForWhatBreaksAgainAndAgainIsToldSo) {
  const MediaItemRef item = begin();
  store_.opened(kId);
  auto failure = failure_of_read(item, {2 * kChunkSize, 4096});
  source_.media[0]->end(Error{Errc::unavailable, "as the test says"});
  timer_.advance(std::chrono::seconds(1));
  MediaHead rest = kHead;
  rest.offset = source_.media.at(1)->request.offset;
  source_.media[1]->head(rest);  // and is on its way when the time is up
  EXPECT_EQ(timer_.wait(std::move(failure)), Errc::unavailable);
}

TEST_F(DownloadTest, WhoWaitsInVainForAHeadIsToldWhatTookTheTime) {
  const MediaItemRef item = begin();
  store_.opened(kId);
  auto failure = failure_of_read(item, {2 * kChunkSize, 4096});
  timer_.advance(std::chrono::milliseconds(29'500));
  source_.media[0]->end(Error{Errc::unavailable, "as the test says"});
  ASSERT_TRUE(timer_.run_until([&] { return source_.media.size() == 2; }));
  EXPECT_EQ(timer_.wait(std::move(failure)), Errc::unavailable) << "the next GET has only just been sent";
  source_.media[1]->end(Error{Errc::unavailable, "as the test says"});
  timer_.advance(std::chrono::seconds(2));

  auto hangs = failure_of_read(item, {2 * kChunkSize, 4096});
  ASSERT_EQ(source_.media.size(), 3U);
  EXPECT_EQ(timer_.wait(std::move(hangs)), Errc::timed_out);
}

/// Of a media without a tag that is in the cache whole: what the cache has lost cannot be had again for sure,
/// but a disk that only hangs has lost nothing.
TEST_F(DownloadTest, WhatADiskThatHangsCannotSayIsAskedOfTheOrigin) {
  MemoryCache cache(timer_);
  const MediaItem whole{.id = kId, .revision = Revision{7}, .size = 10 * kChunkSize, .complete = true};
  Catalog catalog({}, &cache, timer_.clock());
  const MediaItemRef item = catalog.remember(whole);
  const auto context = std::make_shared<StoreContext>(MediaStoreOptions{}, source_, &cache, catalog, timer_);
  const auto outcome_of = [&](CacheLook look) {
    const auto download = Download::create(kId, context);
    download->load();
    std::optional<Errc> failure;
    download->read(item, {0, 10}, {nullptr}, [&](const Result<Slices>& read) { failure = read.error().code; },
                   look, {});
    const auto at_once = failure;
    download->stop();
    return at_once;
  };
  EXPECT_EQ(outcome_of(CacheLook::hangs), std::nullopt);
  EXPECT_EQ(source_.media.size(), 1U);
  EXPECT_EQ(outcome_of(CacheLook::not_there), Errc::changed);
  EXPECT_EQ(source_.media.size(), 1U);
  context->stop();
  source_.end_cancelled();
}

TEST_F(DownloadTest, WhatComesInThePlaceOfAHangingDiskIsNotStoredOverWhatThatHas) {
  MemoryCache cache(timer_);
  const MediaItem whole{.id = kId, .revision = Revision{7}, .size = 10 * kChunkSize, .complete = true};
  Catalog catalog({}, &cache, timer_.clock());
  const MediaItemRef item = catalog.remember(whole);
  const auto context = std::make_shared<StoreContext>(MediaStoreOptions{}, source_, &cache, catalog, timer_);
  const auto download = Download::create(kId, context);
  download->load();
  bool is_answered = false;
  download->read(item, {0, 10}, {nullptr}, [&](const Result<Slices>& read) { is_answered = read.ok(); },
                 CacheLook::hangs, {});
  source_.media.at(0)->head({.size = whole.size, .end = whole.size});
  source_.media[0]->body(bytes_of(kChunk));
  EXPECT_TRUE(is_answered);
  EXPECT_EQ(cache.backlog(), 0U) << "nothing proves that it is of the same version";
  download->stop();
  source_.end_cancelled();
}

TEST_F(DownloadTest, WhatNobodyWaitsForAnyMoreIsDroppedAfterItsTime) {
  std::stop_source stop;
  auto waiting = find(stop.get_token());
  stop.request_stop();
  EXPECT_EQ(timer_.wait(std::move(waiting)).error().code, Errc::cancelled);
  timer_.advance(std::chrono::minutes(1));
  EXPECT_TRUE(source_.media.at(0)->cancelled);
  source_.end_cancelled();
  EXPECT_EQ(store_.under_way(), 0U);
}

TEST_F(DownloadTest, APausedStreamIsResumedByWhoeverReadsOn) {
  const MediaItemRef item = begin();
  store_.opened(kId);
  std::uint64_t chunks = 2;
  while (source_.media[0]->body(bytes_of(kChunk)) == Flow::go_on) ++chunks;
  ASSERT_LT(chunks, 100U) << "it is not fetched whole for nobody";
  auto failure = failure_of_read(item, {chunks * kChunkSize, 4096});
  EXPECT_EQ(source_.media[0]->resumed, 1);
  EXPECT_EQ(source_.media[0]->body(bytes_of(kChunk)), Flow::go_on);
  ASSERT_TRUE(is_ready(failure));
  EXPECT_EQ(failure.get(), std::nullopt);
}

TEST_F(DownloadTest, AStreamPausesAtItsLimitWhereverItsBodyIsCutIntoPieces) {
  auto item = find();
  source_.media.at(0)->head(kHead);
  ASSERT_TRUE(timer_.wait(std::move(item)).ok());
  store_.opened(kId);
  const std::string piece = kChunk.substr(0, 100'001);  // none of them ends where a chunk does
  std::uint64_t taken = 0;
  while (taken + piece.size() <= *kHead.size && source_.media[0]->body(bytes_of(piece)) == Flow::go_on)
    taken += piece.size();
  EXPECT_LT(taken, *kHead.size / 2) << "it is not fetched whole for nobody";
}

}  // namespace
}  // namespace mediafs
