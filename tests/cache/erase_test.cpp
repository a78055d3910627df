// The bytes of what has been erased cannot be had, even with every file of the cache and the secret.
#include <atomic>
#include <thread>

#include <gmock/gmock.h>

#include "cache/cache_fixture.h"
#include "cache/keyring.h"
#include "cache/ledger.h"

namespace mediafs {
namespace {

class EraseTest : public CacheFixture {
 protected:
  static MediaItem media(int number) {
    return item("some-media-" + std::to_string(10'000'000 + number), static_cast<std::uint64_t>(number) + 1);
  }
  void fill() {
    for (int number = 0; number < 3; ++number) {
      for (std::uint32_t index = 0; index < 4; ++index) store(media(number), index, 'a');
      cache_->store_item(media(number));
    }
    cache_->store_listing(std::make_shared<Listing>(listing()));
    cache_->settle();
  }
  static Listing listing() {
    return {.key = {ListingKind::session_media, *MediaId::parse("some-session-0000001")},
            .listed = 7,
            .media = {{.id = media(0).id, .context = "face", .content_type = "image/jpeg", .size = 5}}};
  }

  void open_with_max_age(std::chrono::seconds age) {
    auto opened =
        Cache::open({.directory = directory_, .size_limit = 64_MiB, .max_age = age, .any_filesystem = true},
                    secrets({"secret"}));
    ASSERT_TRUE(opened.ok());
    cache_ = *std::move(opened);
  }
  /// Waits until what was stored is too old.
  bool grows_old() const {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (cache_->expired().media.empty() || cache_->expired().listings.empty()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      std::this_thread::yield();
    }
    return true;
  }

  /// What somebody does who has the files and the secret, and knows which media and version to look for:
  /// tries every key of the keyring on every page of the database. How many pieces of it open.
  int pieces_to_be_had(const MediaItem& wanted) const {
    const std::string chunks = content("chunks");
    const auto keyring = Keyring::open(file("keyring"), secrets({"secret"}));
    EXPECT_TRUE(keyring.ok());
    const Sealing sealing((*keyring)->cache_key(), (*keyring)->id());
    int opened = 0;
    for (const SecretKey& key : keys_in(**keyring)) {
      for (std::size_t at = 16; at + kChunkRecordSize <= chunks.size(); at += 4096) {
        for (std::uint32_t index = 0; index < 4; ++index) {
          opened +=
              opens(sealing, key, wanted, ChunkIndex{index}, chunks.substr(at, kSealedPieceSize)) ? 1 : 0;
        }
      }
    }
    return opened;
  }

 private:
  static std::vector<SecretKey> keys_in(const Keyring& keyring) {
    std::vector<SecretKey> keys;
    for (std::uint32_t slot = 0; slot < 5'000; ++slot) {
      if (const auto key = keyring.key_in(KeySlot{slot})) keys.push_back(*key);
    }
    return keys;
  }
  static bool opens(const Sealing& sealing, const SecretKey& key, const MediaItem& wanted, ChunkIndex index,
                    std::string piece) {
    const auto bytes = std::as_writable_bytes(std::span(piece));
    const crypto::SealedParts parts{.nonce = bytes.first(crypto::kNonceSize),
                                    .text = bytes.subspan(crypto::kNonceSize, kPieceSize),
                                    .tag = bytes.last(crypto::kTagSize)};
    return sealing.open_pieces(key, wanted.id, {wanted.revision, index}, 0, std::span(&parts, 1));
  }
};

TEST_F(EraseTest, TheBytesCannotBeHadFromTheFilesAndTheSecret) {
  open();
  fill();
  ASSERT_EQ(pieces_to_be_had(media(0)), 4) << "the search itself finds nothing";
  ASSERT_TRUE(cache_->erase({media(0).id}, {}).ok());
  EXPECT_EQ(pieces_to_be_had(media(0)), 0);
  EXPECT_EQ(pieces_to_be_had(media(1)), 4);
  close();
  EXPECT_EQ(pieces_to_be_had(media(0)), 0);
}

TEST_F(EraseTest, NothingOfItIsKnownAfterwards) {
  open();
  fill();
  ASSERT_TRUE(cache_->erase({media(0).id}, {listing().key}).ok());
  EXPECT_EQ(look_up(media(0), 0), 0);
  EXPECT_EQ(look_up(media(1), 0), 'a');
  open();
  const Cache::Known known = cache_->load();
  EXPECT_EQ(known.items.size(), 2U);
  EXPECT_TRUE(known.listings.empty());
  EXPECT_EQ(look_up(media(0), 0), 0);
}

TEST_F(EraseTest, WhatIsErasedWhileItIsVerifiedIsNotBad) {
  open();
  MediaItem whole = media(0);
  whole.size = 4 * kChunkSize;
  whole.complete = true;
  for (std::uint32_t index = 0; index < 4; ++index) store(whole, index, 'a');
  cache_->store_item(whole);
  bool erased = false;
  const Cache::Verified verified = cache_->verify(0, [&](std::uint64_t, std::uint64_t) {
    erased = cache_->erase({whole.id}, {}).ok();
    return true;
  });
  EXPECT_TRUE(erased);
  EXPECT_EQ(verified.bad, 0U);
}

TEST_F(EraseTest, NorIsWhatIsErasedJustBefore) {
  open();
  std::atomic<bool> over = false;
  const std::jthread eraser([&] {
    for (std::uint64_t round = 0; round < 1'000 / MEDIAFS_TEST_SLOWDOWN; ++round) {
      const MediaItem another = item(media(0).id.text(), 1'000 + round);
      store(another, 0, 'a');
      cache_->store_item(another);
      cache_->store_listing(std::make_shared<Listing>(listing()));
      cache_->settle();
      EXPECT_TRUE(cache_->erase({another.id}, {listing().key}).ok());
    }
    over = true;
  });
  std::uint64_t bad = 0;
  while (!over) bad += cache_->verify(0, [](std::uint64_t, std::uint64_t) { return true; }).bad;
  EXPECT_EQ(bad, 0U);
}

TEST_F(EraseTest, WhatIsStillQueuedOfADroppedVersionGoesToo) {
  open();
  for (std::uint32_t index = 0; index < 4; ++index) store(media(0), index, 'a');
  cache_->drop(media(0).id, media(0).revision);
  ASSERT_TRUE(cache_->erase({media(0).id}, {}).ok());
  EXPECT_EQ(pieces_to_be_had(media(0)), 0);
  EXPECT_EQ(look_up(media(0), 0), 0);
}

TEST_F(EraseTest, NewContentUnderTheIdHasANewKey) {
  open();
  fill();
  ASSERT_TRUE(cache_->erase({media(0).id}, {}).ok());
  MediaItem again = media(0);
  again.revision = Revision{99};
  store(again, 0, 'b');
  cache_->store_item(again);
  cache_->settle();
  EXPECT_EQ(look_up(again, 0), 'b');
  EXPECT_EQ(pieces_to_be_had(media(0)), 0);
  EXPECT_EQ(pieces_to_be_had(again), 1);
}

TEST_F(EraseTest, ADroppedVersionCannotBeHadEither) {
  open();
  fill();
  cache_->drop(media(1).id, media(1).revision);
  cache_->settle();
  EXPECT_EQ(pieces_to_be_had(media(1)), 0);
}

TEST_F(EraseTest, AllOfItGoesAtOnce) {
  open();
  fill();
  ASSERT_TRUE(cache_->erase_all().ok());
  for (int number = 0; number < 3; ++number) EXPECT_EQ(pieces_to_be_had(media(number)), 0);
  open();
  EXPECT_TRUE(cache_->load().items.empty());
  EXPECT_TRUE(cache_->load().listings.empty());
}

TEST_F(EraseTest, WhatWasMovedAsideGoesToo) {
  open();
  fill();
  close();
  std::filesystem::copy_file(file("chunks"), file("chunks.bad"));
  std::filesystem::copy_file(file("keyring"), file("keyring.bad"));
  open();
  ASSERT_TRUE(cache_->erase({media(0).id}, {}).ok());
  EXPECT_FALSE(std::filesystem::exists(file("chunks.bad")));
  EXPECT_FALSE(std::filesystem::exists(file("keyring.bad")));
}

TEST_F(EraseTest, OfWhatIsNotThereItIsNoError) {
  open();
  EXPECT_TRUE(cache_->erase({media(7).id}, {listing().key}).ok());
}

TEST_F(EraseTest, KeysThatWereSetAsideAreOverwrittenToo) {
  open();
  fill();
  std::filesystem::copy_file(file("keyring"), file("keyring.bad"));
  std::filesystem::create_hard_link(file("keyring.bad"), file("sectors"));
  ASSERT_TRUE(cache_->erase({media(0).id}, {}).ok());
  EXPECT_EQ(content("sectors").find_first_not_of('\0'), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(file("keyring.bad")));
}

/// A listing that loses a media, or a version that is given up, is no younger for it.
TEST_F(EraseTest, WhatIsStoredAnewWithoutNewsKeepsItsAge) {
  open();
  cache_->store_item(media(0));
  cache_->store_listing(std::make_shared<Listing>(listing()));
  close();
  open_with_max_age(std::chrono::seconds(2));
  ASSERT_TRUE(grows_old());
  MediaItem renewed = media(0);
  renewed.revision = Revision{99};
  cache_->renew_item(renewed, media(0).revision);
  Listing rest = listing();
  rest.media.clear();
  cache_->remove_from_listing(std::make_shared<Listing>(rest));
  cache_->settle();
  EXPECT_THAT(cache_->expired().media, testing::ElementsAre(media(0).id));
  EXPECT_THAT(cache_->expired().listings, testing::ElementsAre(listing().key));
}

TEST(Ledger, AListingWhoseKeyWasDetachedIsNotBroughtBack) {
  Ledger ledger;
  const ListingKey key{ListingKind::session_media, *MediaId::parse("some-session-0000001")};
  ledger.add(key, {.slot = KeySlot{3}, .stored_at = 1});
  ledger.renew(key, {.slot = KeySlot{3}, .stored_at = 2});
  EXPECT_EQ(ledger.find(key)->stored_at, 2);
  EXPECT_THAT(ledger.detach_keys({}, {key}).slots, testing::ElementsAre(KeySlot{3}));
  ledger.renew(key, {.slot = KeySlot{3}, .stored_at = 3});
  EXPECT_FALSE(ledger.find(key).has_value());
}

}  // namespace
}  // namespace mediafs
