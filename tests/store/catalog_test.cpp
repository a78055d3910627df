#include "mediafs/store/catalog.h"

#include <optional>

#include <gtest/gtest.h>

#include "mediafs/base/shared_memory.h"
#include "mediafs/model/media_type.h"

namespace mediafs {
namespace {

const SystemClock kClock;
const MediaId kOne = *MediaId::parse("listed-media-00001");
const MediaId kTwo = *MediaId::parse("listed-media-00002");
const ListingKey kSessionMedia{ListingKind::session_media, *MediaId::parse("some-session-00001")};
const ListingKey kAttemptMedia{ListingKind::attempt_media, *MediaId::parse("some-attempt-00001")};

Listing listing(const ListingKey& key, const std::vector<MediaId>& ids, UnixSeconds listed = 100) {
  Listing listing{.key = key, .listed = listed};
  for (const MediaId& id : ids) {
    listing.media.push_back({.id = id, .context = "face", .content_type = "image/png", .size = 10});
  }
  return listing;
}
MediaItem confirmed(const MediaId& id) {
  return {.id = id,
          .revision = Revision{1},
          .size = 11,
          .content_type = "image/jpeg",
          .modified = 50,
          .shown = 50};
}

TEST(Catalog, WhatAListingHasIsProvisional) {
  Catalog catalog({}, nullptr, kClock);
  EXPECT_TRUE(catalog.empty());
  catalog.remember_listing(listing(kSessionMedia, {kOne}));
  EXPECT_FALSE(catalog.empty());
  ASSERT_NE(catalog.find(kOne), nullptr);
  EXPECT_TRUE(catalog.find(kOne)->from_listing_only());
  EXPECT_EQ(catalog.find(kOne)->size, 10U);
  EXPECT_EQ(catalog.find(kOne)->modified, 100);
}

TEST(Catalog, WhatTheMediaItselfSaysIsRight) {
  Catalog catalog({}, nullptr, kClock);
  catalog.remember_listing(listing(kSessionMedia, {kOne}));
  catalog.remember(confirmed(kOne));
  catalog.remember_listing(listing(kSessionMedia, {kOne}, 200));
  EXPECT_EQ(catalog.find(kOne)->size, 11U);
}

TEST(Catalog, WhatTheLastListingDoesNotTellIsAsTheOthersHaveIt) {
  Catalog catalog({}, nullptr, kClock);
  EXPECT_FALSE(catalog.listed(kOne));
  Listing tells = listing(kSessionMedia, {kOne});
  tells.media[0].session = kSessionMedia.id.text();
  tells.media[0].duration = "7";
  catalog.remember_listing(tells);
  Listing tells_less = listing(kAttemptMedia, {kOne});
  tells_less.media[0] = {.id = kOne, .content_type = std::string(kUnknownType)};
  catalog.remember_listing(tells_less);
  EXPECT_EQ(catalog.listed(kOne)->session, kSessionMedia.id.text());
  EXPECT_EQ(catalog.listed(kOne)->context, "face");
  EXPECT_EQ(catalog.listed(kOne)->duration, "7");
  EXPECT_EQ(catalog.listed(kOne)->content_type, "image/png");
  EXPECT_EQ(catalog.find(kOne)->size, 10U) << "what is provisional too";
  EXPECT_FALSE(catalog.find(kOne)->unsized);
  Listing tells_more = listing(kAttemptMedia, {kOne});
  tells_more.media[0].size = 12;
  catalog.remember_listing(tells_more);
  EXPECT_EQ(catalog.find(kOne)->size, 12U) << "the last word counts";
}

TEST(Catalog, AProvisionalItemGoesWithTheLastListingThatHasIt) {
  Catalog catalog({}, nullptr, kClock);
  catalog.remember_listing(listing(kSessionMedia, {kOne, kTwo}));
  catalog.remember_listing(listing(kAttemptMedia, {kOne}));
  EXPECT_EQ(catalog.mention(kOne).listings, 2U);
  catalog.remember_listing(listing(kSessionMedia, {}, 200));
  EXPECT_EQ(catalog.find(kTwo), nullptr);
  EXPECT_NE(catalog.find(kOne), nullptr);
  catalog.forget_listing(kAttemptMedia);
  EXPECT_EQ(catalog.find(kOne), nullptr);
  EXPECT_EQ(catalog.mention(kOne).listings, 0U);
}

TEST(Catalog, ItsNewestTimeSurvives) {
  Catalog catalog({}, nullptr, kClock);
  EXPECT_EQ(catalog.newest(), 0);
  catalog.remember_listing(listing(kSessionMedia, {kOne}, 100));
  EXPECT_EQ(catalog.newest(), 100);
  catalog.remember_listing(listing(kSessionMedia, {kOne}, 200));
  EXPECT_EQ(catalog.newest(), 100) << "it says what it said";
}

TEST(Catalog, AConfirmedMediaStaysWhenItsListingGoes) {
  Catalog catalog({}, nullptr, kClock);
  catalog.remember_listing(listing(kSessionMedia, {kOne}));
  catalog.remember(confirmed(kOne));
  catalog.forget_listing(kSessionMedia);
  EXPECT_NE(catalog.find(kOne), nullptr);
}

TEST(Catalog, AForgottenMediaIsProvisionalAgainWhereItIsListed) {
  Catalog catalog({}, nullptr, kClock);
  catalog.remember_listing(listing(kSessionMedia, {kOne}));
  catalog.remember(confirmed(kOne));
  catalog.forget(kOne);
  ASSERT_NE(catalog.find(kOne), nullptr);
  EXPECT_TRUE(catalog.find(kOne)->from_listing_only());
  catalog.forget(kTwo);
  EXPECT_EQ(catalog.find(kTwo), nullptr);
}

TEST(Catalog, TimesStayAsTheyWereFirstSeen) {
  Catalog catalog({}, nullptr, kClock);
  catalog.remember_listing(listing(kSessionMedia, {kOne}, 100));
  auto again = catalog.remember_listing(listing(kSessionMedia, {kOne}, 200));
  EXPECT_EQ(again->listed, 200);
  EXPECT_EQ(again->changed, 100);
  EXPECT_EQ(again->media[0].first_seen, 100);
  again = catalog.remember_listing(listing(kSessionMedia, {kOne, kTwo}, 300));
  EXPECT_EQ(again->changed, 300);
  EXPECT_EQ(again->media[0].first_seen, 100);
  EXPECT_EQ(again->media[1].first_seen, 300);
  EXPECT_EQ(catalog.remember_listing(listing(kAttemptMedia, {kOne}, 400))->media[0].first_seen, 100);
}

TEST(Catalog, AttemptsAreKnownFromTheirSession) {
  Catalog catalog({}, nullptr, kClock);
  Listing attempts{.key = {ListingKind::session_attempts, kSessionMedia.id}, .listed = 1};
  attempts.attempts = {{kAttemptMedia.id, 77}};
  catalog.remember_listing(attempts);
  ASSERT_NE(catalog.attempt(kAttemptMedia.id), nullptr);
  EXPECT_EQ(catalog.attempt(kAttemptMedia.id)->created, 77);
  EXPECT_EQ(catalog.attempts().size(), 1U);
  EXPECT_EQ(catalog.listings(ListingKind::session_attempts).size(), 1U);
  EXPECT_TRUE(catalog.listings(ListingKind::session_media).empty());
}

class CatalogOfTheNextServer : public ::testing::Test {
 protected:
  /// As it is before, and as the next server finds it.
  void restart() {
    catalog_.emplace(Catalog::Options{.journal = &journal_, .in_use = in_use_}, nullptr, kClock);
  }
  static MediaItem tagged(const MediaId& id) {
    MediaItem item = confirmed(id);
    item.etag = "\"tag\"";
    return item;
  }

  const SharedMemory memory_ = *SharedMemory::map(*SharedMemory::create(Journal::kBytes));
  Journal journal_{memory_.bytes()};
  std::unordered_set<Revision> in_use_;
  std::optional<Catalog> catalog_{std::in_place, Catalog::Options{.journal = &journal_}, nullptr, kClock};
};

TEST_F(CatalogOfTheNextServer, KnowsWhatWasKnownAndWhatWasForgotten) {
  catalog_->remember(tagged(kOne));
  catalog_->remember(tagged(kTwo));
  catalog_->remember_listing(listing(kSessionMedia, {kTwo}));
  catalog_->remember_listing(listing(kAttemptMedia, {kOne}));
  catalog_->forget(kOne);
  catalog_->forget_listing(kAttemptMedia);
  restart();
  EXPECT_EQ(catalog_->find(kOne), nullptr);
  ASSERT_NE(catalog_->find(kTwo), nullptr);
  EXPECT_EQ(*catalog_->find(kTwo), tagged(kTwo));
  EXPECT_NE(catalog_->find_listing(kSessionMedia), nullptr);
  EXPECT_EQ(catalog_->find_listing(kAttemptMedia), nullptr);
}

TEST_F(CatalogOfTheNextServer, AnOpenVersionStays) {
  MediaItem signed_one = tagged(kOne);
  signed_one.unverified = true;
  catalog_->remember(signed_one);
  in_use_ = {signed_one.revision};
  restart();
  EXPECT_EQ(catalog_->find(kOne)->revision, signed_one.revision);
  in_use_.clear();
  restart();
  EXPECT_NE(catalog_->find(kOne)->revision, signed_one.revision)
      << "nobody has it open, and nothing proves it";
}

TEST_F(CatalogOfTheNextServer, WithoutACacheAWholeMediaIsNotHere) {
  MediaItem whole = confirmed(kOne);
  whole.complete = true;
  catalog_->remember(whole);
  restart();
  EXPECT_NE(catalog_->find(kOne)->revision, whole.revision)
      << "no tag tells whether it is still the same one";
}

}  // namespace
}  // namespace mediafs
