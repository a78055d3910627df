// Reading at several places of a media: ranges of their own, and how far ahead is fetched.
#include <numeric>

#include <fmt/format.h>

#include "store/download/fetch_plan.h"
#include "store/store_fixture.h"

namespace mediafs {
namespace {

class SeekTest : public StoreFixture {
 protected:
  static inline const std::string kLarge = "gen-000100000000-large001";
  static constexpr std::uint64_t kSize = 100'000'000;

  explicit SeekTest(sandbox::Options origin = {}) : StoreFixture(std::move(origin)) {}

  MediaItemRef open(const std::string& id) {
    const auto item = find(id);
    EXPECT_TRUE(item.ok());
    store_->opened((*item)->id);
    return *item;
  }
  void read_in_order(const MediaItemRef& item, std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t offset = from; offset < to; offset += 1_MiB) {
      expect_exact(item->id.text(), item, clipped({offset, 1_MiB}, to));
    }
  }
  /// From the end of what was read in order, behind a stream that stalls.
  void expect_a_range_for_a_jump(const std::string& stalls_at, std::uint64_t read, std::uint64_t jump) {
    server_.set_rules("* 1 stall " + stalls_at);
    const auto item = open(kLarge);
    read_in_order(item, 0, read);
    expect_exact(kLarge, item, {jump, 4096});
    EXPECT_EQ(server_.requests().size(), 2U);
  }
  std::uint64_t bytes_sent() {
    const auto requests = server_.requests();
    return std::accumulate(requests.begin(), requests.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const auto& request) { return sum + request.sent; });
  }
};

TEST_F(SeekTest, AReadFarAheadOfTheStreamIsARangeOfItsOwn) {
  start();
  server_.set_rules("* 1 stall 64K");
  const auto item = open(kLarge);
  expect_exact(kLarge, item, {50'000'000, 4096});
  const auto requests = server_.requests();
  ASSERT_EQ(requests.size(), 2U);
  const std::uint64_t from = 50'000'000 / kChunkSize * kChunkSize;
  EXPECT_TRUE(requests[1].range.starts_with("bytes=" + std::to_string(from) + "-")) << requests[1].range;
  EXPECT_FALSE(requests[1].if_range.empty());
  EXPECT_LE(requests[1].sent, 2_MiB);
}

TEST_F(SeekTest, AReadNearTheStreamWaitsForIt) {
  start();
  const auto item = open(kLarge);
  expect_exact(kLarge, item, {900'000, 4096});
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(SeekTest, AReadNearASlowStreamDoesNot) {
  start({.deadline = Duration(5'000)});
  server_.set_rules("* 1 no-signature + slow 20K");
  const auto item = open(kLarge);
  expect_exact(kLarge, item, {0, 1000});  // its speed shows
  expect_exact(kLarge, item, {2'000'000, 4096});
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(SeekTest, WhatWasWaitedForTooLongFailsNoOtherPlace) {
  start({.deadline = Duration(2'000)});
  server_.set_rules("* 2 hang");
  const auto item = open(kLarge);
  EXPECT_FALSE(read(item, {50'000'000, 4096}).ok());
  EXPECT_FALSE(wait(read_later(item, {50'004'096, 4096})).ok());
  expect_exact(kLarge, item, {80'000'000, 4096});
  EXPECT_EQ(server_.requests().size(), 3U);
}

TEST_F(SeekTest, NoRangeIsTakenWhereEveryByteMustBeSigned) {
  start({.seek = false});
  const auto item = open(kLarge);
  expect_exact(kLarge, item, {50'000'000, 4096});
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(SeekTest, ReadingInOrderWithoutACacheIsOneRequest) {
  start({.memory = 16_MiB}, /*with_cache=*/false);
  read_in_order(open(kLarge), 0, kSize);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(SeekTest, ASlowReaderKeepsItsStreamThoughItPausesTimeAndAgain) {
  start({.keep_unwanted = Duration(2'000), .memory = 16_MiB}, /*with_cache=*/false);
  const auto item = open(kLarge);
  for (std::uint64_t offset = 0; offset < 50_MiB; offset += 1_MiB) {
    expect_exact(kLarge, item, {offset, 1_MiB});
    timer_.advance(Duration(50));  // as a player
  }
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(SeekTest, WhereManyReadSlowlyNoneKeepsAConnectionThatOthersMayNeed) {
  constexpr int kReaders = 6;
  start({.keep_unwanted = Duration(500), .streams_kept = kReaders - 1, .memory = 16_MiB},
        /*with_cache=*/false);
  std::vector<MediaItemRef> items;
  for (int i = 0; i < kReaders; ++i)
    items.push_back(open("gen-000100000000-slow" + std::to_string(1000 + i)));
  // Each reads on all the time, and yet comes to go on by range.
  for (std::uint64_t offset = 0; server_.requests().size() <= kReaders; offset += 256_KiB) {
    ASSERT_LT(offset, kSize) << "each has come to its end by one request";
    for (const auto& item : items) expect_exact(item->id.text(), item, {offset, 4096});
    timer_.advance(Duration(100));
  }
}

TEST_F(SeekTest, AJumpAheadOfAStreamThatHasStalledIsARangeOfItsOwn) {
  start();
  expect_a_range_for_a_jump("2500000", 2'000'000, 3'900'000);
}

TEST_F(SeekTest, SoIsAShortOne) {
  start({.deadline = Duration(8'000)});  // before the stream is given up
  expect_a_range_for_a_jump("1100000", 1'000'000, 2'000'000);
}

TEST_F(SeekTest, ReadAheadIsNoJumpThoughItsLaterPiecesComeFirst) {
  start({.out_of_order_within = Duration(2'000)});
  server_.set_rules("* 1 stall 64K");
  const auto item = open(kLarge);
  std::vector<std::future<Result<std::string>>> reads;
  for (const std::uint64_t offset : {1536_KiB, 1024_KiB, 512_KiB, 0_KiB})
    reads.push_back(read_later(item, {offset, 512_KiB}));
  expect_exact(kLarge, item, {3'900'000, 4096});  // this one does, and it is decided of one after another
  EXPECT_EQ(server_.requests().size(), 2U);
  server_.release();
  for (auto& read : reads) EXPECT_TRUE(wait(read).ok());
}

TEST_F(SeekTest, ReadingOnAfterASeekFetchesEachByteOnce) {
  start();
  const auto item = open(kLarge);
  expect_exact(kLarge, item, {0, 4096});
  read_in_order(item, 40_MiB, 80_MiB);
  EXPECT_LE(bytes_sent(), 90_MiB);
  EXPECT_LE(server_.requests().size(), 12U) << "the windows grow";
}

TEST_F(SeekTest, APlayerThatLooksAtBothEndsAndJumpsFetchesLittleElse) {
  start();
  const auto item = open(kLarge);
  expect_exact(kLarge, item, {0, 65536});
  expect_exact(kLarge, item, {kSize - 40'000, 40'000});
  expect_exact(kLarge, item, {65536, 65536});
  read_in_order(item, 90'000'000, 95'000'000);
  EXPECT_LE(bytes_sent(), kSize / 4);
}

TEST_F(SeekTest, ManyPlacesAtOnceAreReadExactlyByFewStreams) {
  start();
  const auto item = open(kLarge);
  std::vector<std::future<Result<std::string>>> reads;
  const auto range_of = [](std::uint64_t i) { return ByteRange{kSize - (i + 1) * 7'000'000, 200'000}; };
  for (std::uint64_t i = 0; i < 13; ++i) reads.push_back(read_later(item, range_of(i)));
  for (std::uint64_t i = 0; i < 13; ++i) {
    const auto bytes = wait(reads[i]);
    ASSERT_TRUE(bytes.ok()) << bytes.error().context;
    EXPECT_TRUE(*bytes == original(kLarge, range_of(i)));
  }
  EXPECT_LE(server_.requests().size(), 14U);
}

TEST_F(SeekTest, AStreamThatNobodyWaitsForGivesWayToASeek) {
  start();
  const auto item = open(kLarge);
  for (std::uint64_t i = 1; i < 20; ++i) expect_exact(kLarge, item, {i * 5'000'000, 4096});
}

TEST_F(SeekTest, AnOriginThatIgnoresRangesAfterAllIsReadFromTheStart) {
  start();
  server_.set_rules("* 1 stall 64K\n* 2+ ignore-range");
  const auto item = open(kLarge);
  auto bytes = read_later(item, {50'000'000, 4096});
  ASSERT_TRUE(server_.wait_for_requests(kLarge, 2));
  server_.release();
  const auto there = wait(bytes);
  ASSERT_TRUE(there.ok()) << there.error().context;
  EXPECT_TRUE(*there == original(kLarge, {50'000'000, 4096}));
  expect_exact(kLarge, item, {90'000'000, 4096});
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(SeekTest, ARangeThatBreaksGoesOnWhereItBroke) {
  start();
  server_.set_rules("* 2 cut 300K");
  const auto item = open(kLarge);
  expect_exact(kLarge, item, {50'000'000, 1'000'000});
  const auto requests = server_.requests();
  ASSERT_EQ(requests.size(), 3U);
  const std::uint64_t broke = 50'000'000 / kChunkSize * kChunkSize + 300_KiB;
  EXPECT_TRUE(requests[2].range.starts_with("bytes=" + std::to_string(broke) + "-")) << requests[2].range;
}

TEST_F(SeekTest, WithoutACacheSeekingBackAndForthIsExact) {
  start({.memory = 16_MiB}, /*with_cache=*/false);
  const auto item = open(kLarge);
  for (const std::uint64_t offset : {50'000'000U, 0U, 99'000'000U, 50'100'000U, 10'000'000U, 0U}) {
    read_in_order(item, offset, std::min<std::uint64_t>(kSize, offset + 3'000'000));
  }
}

TEST_F(SeekTest, APausedStreamGivesItsConnectionBackOnceNobodyReads) {
  start({.keep_unwanted = Duration(1)});
  server_.set_rules("* 2 stall 64K");
  const auto item = open(kLarge);
  expect_exact(kLarge, item, {0, 4096});
  auto waits = read_later(item, {50'000'000, 500'000});  // past the first stream's time
  ASSERT_TRUE(server_.wait_for_requests(kLarge, 2));
  server_.release();
  ASSERT_TRUE(wait(waits).ok());
  store_->closed(item->id);
  EXPECT_TRUE(happens([&] { return store_->under_way() == 0; }));
}

TEST_F(SeekTest, ASmallSignedMediaIsNotReadByRangeBeforeItIsVerified) {
  start({.deadline = Duration(2'000)});
  const std::string id = "gen-000003000000-signed01";
  server_.set_rules("* 1 stall 64K");
  const auto item = open(id);
  EXPECT_EQ(to_string(read(item, {2'900'000, 4096}).error().code), to_string(Errc::timed_out));
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(SeekTest, ABodyThatEndsEarlyThoughRightlyFramedGivesNoByteThatItHasNot) {
  start();
  const auto known = open(kLarge);
  std::string first_bytes;
  for (const char c : original(kLarge, {49'938'432, 1000})) {
    first_bytes += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  server_.set_rules("* 2 raw HTTP/1.1 206 Partial Content\\r\\nETag: " + known->etag +
                    "\\r\\nTransfer-Encoding: chunked\\r\\nContent-Range: bytes 49938432-50069503/100000000"
                    "\\r\\n\\r\\n3e8\\r\\n" +
                    first_bytes + "\\r\\n0\\r\\n\\r\\n");
  expect_exact(kLarge, known, {50'000'000, 4096});
  ASSERT_EQ(server_.requests().size(), 3U);
  EXPECT_EQ(server_.requests()[2].range, "bytes=49939432-50069503") << "what came was good";
}

TEST_F(SeekTest, AFailedSeekDisturbsNoReaderThatIsServed) {
  start({.deadline = Duration(2'000)});
  server_.set_rules("* 1 slow 4M\n* 2+ hang");
  const auto item = open(kLarge);
  EXPECT_FALSE(read(item, {50'000'000, 4096}).ok());
  expect_exact(kLarge, item, {500'000, 4096});
}

TEST_F(SeekTest, ThePiecesOfASignedMediaAreNotTakenForVerified) {
  start();
  const std::string id = "gen-000030000000-signed01";
  const auto item = open(id);
  ASSERT_TRUE(item->unverified);
  read_in_order(item, 20'000'000, 30'000'000);
  read_in_order(item, 10'000'000, 20'000'000);
  read_in_order(item, 0, 10'000'000);
  EXPECT_FALSE((*find(id))->complete);
  restart();
  const auto again = find(id);
  EXPECT_NE((*again)->revision, item->revision) << "what was not verified is not kept";
  store_->opened((*again)->id);
  read_in_order(*again, 0, 30'000'000);
}

class WithoutRanges : public SeekTest {
 protected:
  WithoutRanges() : SeekTest({.ranges = false}) {}
};

TEST_F(WithoutRanges, AReadFarAheadWaitsForTheStream) {
  start();
  const auto item = open(kLarge);
  expect_exact(kLarge, item, {90'000'000, 4096});
  expect_exact(kLarge, item, {50'000'000, 4096});
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(WithoutRanges, NorDoesItWithoutACache) {
  start({.memory = 16_MiB}, /*with_cache=*/false);
  const auto item = open(kLarge);
  expect_exact(kLarge, item, {90'000'000, 4096});
  EXPECT_EQ(server_.requests().size(), 1U);
  expect_exact(kLarge, item, {50'000'000, 4096});
}

}  // namespace
}  // namespace mediafs
