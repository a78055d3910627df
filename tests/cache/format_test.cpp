// The format on disk is a promise to caches that exist: src/cache/FORMAT.md. A failure here means a new
// version number (the magic of the key file, the texts in sealing.cpp) and a new golden directory, never a
// changed expectation.
//
// The golden directory was made by this test with MEDIAFS_MAKE_GOLDEN=1 in the environment.
#include <cstdlib>

#include <gmock/gmock.h>

#include "cache/cache_fixture.h"
#include "cache/sealing.h"

namespace mediafs {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(MEDIAFS_TESTS) / "cache" / "golden";

MediaItem golden_item() {
  return {.id = *MediaId::parse("golden-media-0001"),
          .revision = Revision{42},
          .size = kChunkSize + 1,
          .content_type = "image/png",
          .modified = 1'700'000'000,
          .shown = 1'700'000'000,  // which was not told apart then
          .etag = "\"golden\"",
          .confirmed = 1'700'000'002,
          .complete = true};
}

Listing golden_listing() {
  Listing listing{.key = {ListingKind::session_media, *MediaId::parse("golden-session-001")}};
  listing.listed = listing.changed = 1'700'000'001;
  for (int number = 1; number < 20; ++number) {  // more than fit into one part
    listing.media.push_back({.id = *MediaId::parse("golden-media-00" + std::to_string(10 + number)),
                             .context = "document-front",
                             .content_type = "image/png",
                             .size = kChunkSize + 1,
                             .duration = "3.5",
                             .session = "golden-session-001",
                             .first_seen = 1'700'000'000});
  }
  return listing;
}

Listing golden_attempts() {
  Listing listing{.key = {ListingKind::session_attempts, *MediaId::parse("golden-session-001")}};
  listing.attempts = {{*MediaId::parse("golden-attempt-001"), 1'700'000'000, 9},
                      {*MediaId::parse("golden-attempt-002"), std::nullopt}};
  return listing;
}

class FormatTest : public CacheFixture {
 protected:
  /// A cache that was made before, as it was then, under "golden-secret".
  void put_golden(const std::filesystem::path& golden) {
    std::filesystem::remove_all(directory_);
    std::filesystem::copy(golden, directory_);
    std::filesystem::permissions(directory_, std::filesystem::perms(0700));
    for (const std::string name : {"keyring", "catalog", "chunks"})
      std::filesystem::permissions(file(name), std::filesystem::perms(0600));  // a checkout has others
  }
  /// How many slots of the keyring hold something else than they did.
  std::size_t slots_changed(const std::string& before) {
    constexpr std::size_t kSlot = 64;
    const std::string now = content("keyring");
    std::size_t changed = 0;
    for (std::size_t at = 4096; at < std::min(before.size(), now.size()); at += kSlot)
      changed += before.compare(at, kSlot, now, at, kSlot) == 0 ? 0U : 1U;
    return changed;
  }
  void make_golden() {
    open({"golden-secret"}, 1_MiB);
    store(golden_item(), 0, 'G');
    store(golden_item(), 1, 'H');
    cache_->store_item(golden_item());
    cache_->store_listing(std::make_shared<Listing>(golden_listing()));
    cache_->store_listing(std::make_shared<Listing>(golden_attempts()));
    close();
    std::filesystem::create_directories(kGolden);
    for (const std::string name : {"keyring", "catalog", "chunks"}) {
      std::filesystem::copy_file(file(name), kGolden / name,
                                 std::filesystem::copy_options::overwrite_existing);
    }
  }
};

TEST_F(FormatTest, ACacheOfVersionFourIsStillRead) {
  if (std::getenv("MEDIAFS_MAKE_GOLDEN") != nullptr) make_golden();
  put_golden(kGolden);
  open({"golden-secret"});
  const Cache::Known known = cache_->load();
  EXPECT_EQ(known.items, std::vector<MediaItem>{golden_item()});
  EXPECT_THAT(known.listings, testing::UnorderedElementsAre(golden_listing(), golden_attempts()));
  EXPECT_EQ(look_up(golden_item(), 0), 'G');
}

// tests/cache/golden-upper-case was made by a program that knew a UUID in two spellings for two ids. In it
// are a media in upper case and one in lower, and five listings, of which one has no id in upper case.
TEST_F(FormatTest, WhatIsUnderAnotherSpellingOfAnIdIsErasedAtTheFirstStart) {
  put_golden(kGolden.parent_path() / "golden-upper-case");
  const std::string keys = content("keyring");
  const auto reopen = [&] {
    cache_.reset();
    cache_ = *Cache::open(
        {.directory = directory_, .max_age = std::chrono::hours(24 * 365 * 90), .any_filesystem = true},
        secrets({"golden-secret"}));
  };
  reopen();
  const MediaId lower = *MediaId::parse("16cfc122-15d8-4838-bbf1-7b26a736b2d2");
  const Cache::Known known = cache_->load();
  ASSERT_EQ(known.items.size(), 1U);
  EXPECT_EQ(known.items[0].id, lower);
  ASSERT_EQ(known.listings.size(), 1U);
  EXPECT_EQ(known.listings[0].key, (ListingKey{ListingKind::attempt_media,
                                               *MediaId::parse("a77e3b11-0000-4000-8000-00000000000b")}));
  EXPECT_EQ(look_up(known.items[0], 0), 'L');
  cache_->settle();
  EXPECT_EQ(cache_->stats().chunks, 1U);
  EXPECT_EQ(slots_changed(keys), 5U) << "the keys of one media and four listings";
  reopen();
  EXPECT_EQ(cache_->verify(0, [](std::uint64_t, std::uint64_t) { return true; }).bad, 0U)
      << "the records are gone too";
}

TEST_F(FormatTest, NamesOfRecordsAreAsWritten) {
  SecretKey key;
  key.fill()[0] = std::byte{1};
  const Sealing sealing(key, CacheId{});
  EXPECT_EQ(to_hex(bytes_of(sealing.item_name(golden_item().id))), "2e68eed17e7c47941ba700732fbcbb94");
  EXPECT_EQ(to_hex(bytes_of(sealing.chunk_name(golden_item().id, {Revision{42}, ChunkIndex{258}}))),
            "82b8f4cca84e82014822b1f4029f781400000102");
  EXPECT_EQ(to_hex(bytes_of(sealing.listing_part_name(golden_attempts().key, 1))),
            "e4445d13f32d7f465b045ed15fe100f200000001");
}

}  // namespace
}  // namespace mediafs
