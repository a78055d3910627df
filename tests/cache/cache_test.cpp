#include <malloc.h>
#include <sys/stat.h>

#include <future>
#include <random>

#include "cache/cache_fixture.h"
#include "cache/sealing.h"
#include "mediafs/crypto/random.h"

namespace mediafs {
namespace {

class CacheTest : public CacheFixture {};

TEST_F(CacheTest, WhatIsStoredIsFoundAtOnceAndAfterAReopen) {
  open();
  const MediaItem media = item();
  store(media, 0, 'a');
  store(media, 3, 'd');
  cache_->store_item(media);
  EXPECT_EQ(look_up(media, 0), 'a');
  cache_->settle();
  EXPECT_EQ(look_up(media, 3), 'd');
  open();
  EXPECT_EQ(look_up(media, 0), 'a');
  EXPECT_EQ(look_up(media, 1), 0);
  EXPECT_EQ(cache_->load().items, std::vector<MediaItem>{media});
}

TEST_F(CacheTest, AVersionThatLacksAChunkIsNotKeptAsWhole) {
  open();
  MediaItem media = item();
  media.complete = true;
  for (const std::uint32_t index : {0U, 1U, 3U}) store(media, index, 'a');
  cache_->store_item(media);
  open();
  ASSERT_EQ(cache_->load().items.size(), 1U);
  EXPECT_FALSE(cache_->load().items.front().complete);
  store(media, 2, 'a');
  cache_->store_item(media);
  open();
  EXPECT_TRUE(cache_->load().items.front().complete);
}

TEST_F(CacheTest, VersionsAndMediaNeverMix) {
  open();
  store(item("some-media-00000001", 7), 0, 'a');
  store(item("some-media-00000001", 8), 0, 'b');
  store(item("another-media-0001", 7), 1, 'c');
  cache_->settle();
  EXPECT_EQ(look_up(item("some-media-00000001", 7), 0), 'a');
  EXPECT_EQ(look_up(item("some-media-00000001", 8), 0), 'b');
  EXPECT_EQ(look_up(item("some-media-00000001", 9), 0), 0);
  EXPECT_EQ(look_up(item("another-media-0001", 7), 0), 0);
}

TEST_F(CacheTest, ADroppedVersionIsGone) {
  open();
  const MediaItem media = item();
  for (std::uint32_t i = 0; i < 200; ++i) store(media, i, 'a');
  store(item("another-media-0001", 8), 0, 'b');
  cache_->drop(media.id, media.revision);
  cache_->settle();
  for (std::uint32_t i = 0; i < 200; ++i) ASSERT_EQ(look_up(media, i), 0) << i;
  EXPECT_EQ(look_up(item("another-media-0001", 8), 0), 'b');
}

TEST_F(CacheTest, FlippedBitsAreMissesAndNeverWrongBytes) {
  open();
  const MediaItem media = item();
  store(media, 0, 'a');
  cache_->store_item(media);
  close();
  // Anywhere within the record's pages: the last of the file belong to it or to the tree above it.
  std::mt19937 random(1);
  const std::string intact = content("chunks");
  int misses = 0;
  for (int i = 0; i < 100; ++i) {
    const std::size_t record = intact.size() - kChunkRecordSize;
    const std::size_t at = record + random() % kChunkRecordSize;
    overwrite("chunks", at, std::string(1, static_cast<char>(intact[at] ^ (1 << (random() % 8)))));
    open();
    const char found = look_up(media, 0);
    EXPECT_TRUE(found == 0 || found == 'a') << found;
    misses += found == 0 ? 1 : 0;
    close();
    std::ofstream(file("chunks"), std::ios::binary) << intact;
  }
  EXPECT_GT(misses, 0);
}

TEST_F(CacheTest, ARecordInAnothersPlaceIsAMiss) {
  const SecretKey key;
  const Sealing sealing(key, CacheId{});
  const MediaItem media = item();
  std::string record(kChunkRecordSize, '\0');
  const auto record_bytes = std::as_writable_bytes(std::span(record));
  const SecretKey of_the_version = crypto::random_key();
  sealing.seal_chunk(of_the_version, media.id, {media.revision, ChunkIndex{0}},
                     ByteView(chunk('a').get(), kChunkSize), record_bytes);
  const auto opens_as = [&](const MediaId& id, ChunkKey place, std::size_t piece = 0,
                            const SecretKey* other_key = nullptr) {
    const SecretKey& key_used = other_key != nullptr ? *other_key : of_the_version;
    std::string copy = record;
    const auto bytes = std::as_writable_bytes(std::span(copy)).first(kSealedPieceSize);
    const crypto::SealedParts parts{.nonce = bytes.first(crypto::kNonceSize),
                                    .text = bytes.subspan(crypto::kNonceSize, kPieceSize),
                                    .tag = bytes.last(crypto::kTagSize)};
    return sealing.open_pieces(key_used, id, place, piece, std::span(&parts, 1));
  };
  EXPECT_TRUE(opens_as(media.id, {media.revision, ChunkIndex{0}}));
  EXPECT_FALSE(opens_as(media.id, {media.revision, ChunkIndex{0}}, 1));
  EXPECT_FALSE(opens_as(media.id, {media.revision, ChunkIndex{1}}));
  EXPECT_FALSE(opens_as(media.id, {Revision{8}, ChunkIndex{0}}));
  EXPECT_FALSE(opens_as(media.id, {media.revision, ChunkIndex{0}}, 0, &key));
  EXPECT_FALSE(opens_as(item("another-media-0001").id, {media.revision, ChunkIndex{0}}));
}

TEST_F(CacheTest, APartOfAChunkIsReadByItself) {
  open();
  const MediaItem media = item();
  const Buffer bytes = chunk('a');
  for (std::size_t i = 0; i < kChunkSize; ++i) bytes.get()[i] = static_cast<std::byte>(i * 7 / 3);
  cache_->store_chunk(media.id, {media.revision, ChunkIndex{0}}, bytes);
  for (const bool on_disk : {false, true}) {
    for (const ByteRange part : {ByteRange{0, 1}, ByteRange{kPieceSize - 1, 2}, ByteRange{50'000, 60'000},
                                 ByteRange{kChunkSize - 1, 1}, ByteRange{0, kChunkSize}}) {
      std::vector<std::byte> out(kChunkSize);
      ASSERT_TRUE(cache_->read_chunk(media, ChunkIndex{0}, part, out));
      EXPECT_EQ(std::memcmp(out.data() + part.offset, bytes.get() + part.offset, part.length), 0)
          << part.offset << (on_disk ? " on disk" : " queued");
    }
    cache_->settle();
  }
}

TEST_F(CacheTest, AChunkIsThereAllTheWhileItIsWritten) {
  open();
  std::vector<std::byte> out(kChunkSize);
  for (std::uint64_t revision = 1; revision <= 500; ++revision) {
    const MediaItem media = item("some-media-00000001", revision);
    store(media, 0, 'a');
    auto written = std::async(std::launch::async, [&] { cache_->settle(); });
    do {
      ASSERT_TRUE(cache_->read_chunk(media, ChunkIndex{0}, {0, 1}, out)) << revision;
    } while (written.wait_for(std::chrono::seconds(0)) != std::future_status::ready);
  }
}

TEST_F(CacheTest, OnlyOneOfTheSecretsOpensIt) {
  open({"secret"});
  store(item(), 0, 'a');
  cache_->store_item(item());
  close();
  open({"newer", "secret"});
  EXPECT_EQ(look_up(item(), 0), 'a');
  close();
  const auto refused = try_open({"wrong"});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::denied);
  open({"newer"});  // it has been wrapped anew
  EXPECT_EQ(look_up(item(), 0), 'a');
}

TEST_F(CacheTest, ASecondServerIsTurnedAway) {
  open();
  const auto second = try_open();
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Errc::unavailable);
  std::filesystem::remove(file("lock"));
  EXPECT_FALSE(try_open().ok()) << "nor when somebody has deleted the lock";
}

TEST_F(CacheTest, WhatAPowerLossMayHaveTornIsNotOpened) {
  open();
  store(item(), 0, 'a');
  close();
  EXPECT_EQ(content("state"), "clean\n");
  std::ofstream(file("state")) << "dirty 00000000-0000-0000-0000-000000000000\n";
  overwrite("chunks", 0, std::string(8192, '\xff'));
  open();
  EXPECT_EQ(look_up(item(), 0), 0);
  store(item(), 0, 'b');
  EXPECT_EQ(look_up(item(), 0), 'b');
}

TEST_F(CacheTest, AKillAloneLosesNothingCommitted) {
  open();
  store(item(), 0, 'a');
  cache_->store_item(item());
  cache_->settle();
  const std::string state_while_running = content("state");
  EXPECT_TRUE(state_while_running.starts_with("dirty "));
  close();
  std::ofstream(file("state")) << state_while_running;
  open();
  EXPECT_EQ(look_up(item(), 0), 'a');
}

TEST_F(CacheTest, FilesThatAreNotOursAreSetAsideAndTheCacheGoesOn) {
  for (const std::string name : {"keyring", "catalog", "chunks"}) {
    open();
    store(item(), 0, 'a');
    cache_->store_item(item());
    close();
    std::ofstream(file(name), std::ios::binary | std::ios::trunc) << std::string(20'000, 'x');
    open();
    EXPECT_EQ(look_up(item(), 0), 0) << name;
    // Without the chunks, what is known of the media is of use; without the catalog the chunks are of none.
    EXPECT_EQ(cache_->load().items.size(), name == "chunks" ? 1U : 0U) << name;
    EXPECT_TRUE(std::filesystem::exists(file(name + ".bad"))) << name;
    close();
  }
}

TEST_F(CacheTest, WhoOnlyLooksWhetherItOpensChangesNoFile) {
  open();
  close();
  std::filesystem::copy_file(file("keyring"), file("keyring.new"));
  EXPECT_TRUE(Cache::check(directory_, secrets({"secret"})).ok());
  EXPECT_EQ(content("keyring.new"), content("keyring")) << "the one who has it may be wrapping it anew";
  open();
  EXPECT_FALSE(std::filesystem::exists(file("keyring.new")));
}

TEST_F(CacheTest, OneSetAsideFileIsKept) {
  for (const char fill : {'x', 'y'}) {
    open();
    close();
    std::ofstream(file("chunks"), std::ios::binary | std::ios::trunc) << std::string(20'000, fill);
  }
  open();
  EXPECT_EQ(content("chunks.bad"), std::string(20'000, 'y'));
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    EXPECT_FALSE(entry.path().filename().string().ends_with(".new")) << entry.path();
  }
}

TEST_F(CacheTest, FilesThatAreCutInUseAreReplacedAndTheCacheGoesOn) {
  for (const std::string name : {"catalog", "chunks"}) {
    open();
    for (std::uint32_t i = 0; i < 50; ++i) store(item(), i, 'a');
    cache_->store_item(item());
    cache_->settle();
    std::filesystem::resize_file(file(name), 0);
    for (std::uint32_t i = 0; i < 50; ++i) {
      const char found = look_up(item(), i);
      ASSERT_TRUE(found == 0 || found == 'a') << name;
    }
    store(item(), 0, 'b');  // meets with the damage
    cache_->store_item(item());
    cache_->settle();
    EXPECT_TRUE(std::filesystem::exists(file(name + ".bad"))) << name;
    open();
    EXPECT_EQ(look_up(item(), 0), 'b') << name;
    EXPECT_EQ(cache_->load().items.size(), 1U) << name;
  }
}

TEST_F(CacheTest, OthersMayNotLookIn) {
  open();
  store(item(), 0, 'a');
  cache_->store_item(item());
  close();
  struct stat status{};
  ASSERT_EQ(::stat(directory_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0077, 0U) << entry.path();
  }
}

/// Memory that was given back still holds what stood in it: others who get it must not write that to disk.
void leave_in_freed_memory(char fill) {
  ::mallopt(M_ARENA_MAX, 1);  // else the writer's thread has memory of its own
  ::mallopt(M_MMAP_THRESHOLD, 32 * 1024 * 1024);
  ::mallopt(M_TRIM_THRESHOLD, 256 * 1024 * 1024);
  std::vector<std::vector<char>> blocks(200);
  for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i].assign(i * 4096 + 100, fill);
}

TEST_F(CacheTest, NothingStandsInTheClear) {
  leave_in_freed_memory('F');
  open();
  MediaItem media = item();
  store(media, 0, 'F');
  cache_->store_item(media);
  close();
  for (const std::string name : {"keyring", "catalog", "chunks", "state", "lock"}) {
    const std::string bytes = content(name);
    for (const std::string& needle :
         {media.id.text(), media.content_type, media.etag, std::string("secret"), std::string(32, 'F')}) {
      EXPECT_EQ(bytes.find(needle), std::string::npos) << name << " has " << needle;
    }
  }
}

/// A listing with so many entries.
ListingRef listing_of(std::size_t entries, UnixSeconds listed = 1) {
  auto listing = std::make_shared<Listing>(Listing{
      .key = {ListingKind::session_media, *MediaId::parse("some-session-0000001")}, .listed = listed});
  for (std::size_t i = 0; i < entries; ++i) {
    listing->media.push_back({.id = *MediaId::parse("listed-media-" + std::to_string(1'000'000 + i)),
                              .context = "face",
                              .content_type = "image/jpeg",
                              .size = i});
  }
  return listing;
}

TEST_F(CacheTest, ListingsOfAnySizeComeBackAfterAReopen) {
  for (const std::size_t entries : {0U, 1U, 50U, 100'000U, 3U}) {
    open();
    const ListingRef listing = listing_of(entries);
    cache_->store_listing(listing);
    open();
    const Cache::Known known = cache_->load();
    ASSERT_EQ(known.listings.size(), 1U) << entries;
    EXPECT_EQ(known.listings.front(), *listing) << entries;
    EXPECT_TRUE(known.items.empty());
  }
  cache_->forget_listing(listing_of(0)->key);
  open();
  EXPECT_TRUE(cache_->load().listings.empty());
}

TEST_F(CacheTest, AListingWithADamagedPartIsNotThere) {
  open();
  cache_->store_item(item());
  cache_->settle();
  cache_->store_listing(listing_of(100));  // in one transaction: none of its pages is an older one's
  close();
  const std::string catalog = content("catalog");
  std::size_t page = 4;
  while (catalog.substr(page * 4096 + 2048, 64) == std::string(64, '\0')) ++page;  // not one of parts
  overwrite("catalog", page * 4096 + 3000, "damage");
  open();
  EXPECT_TRUE(cache_->load().listings.empty());
  EXPECT_EQ(cache_->load().items.size(), 1U);
}

TEST_F(CacheTest, ChunksThatAreKeptCanBeCounted) {
  open();
  const MediaItem media = item();
  EXPECT_EQ(cache_->chunks_of(media.id, media.revision), 0U);
  store(media, 0, 'a');
  store(media, 2, 'b');
  cache_->settle();
  EXPECT_EQ(cache_->chunks_of(media.id, media.revision), 2U);
  EXPECT_EQ(cache_->chunks_of(media.id, Revision{8}), 0U);
}

}  // namespace
}  // namespace mediafs
