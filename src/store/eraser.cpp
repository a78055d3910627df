#include "mediafs/store/eraser.h"

#include <algorithm>
#include <set>

#include "mediafs/store/catalog.h"
#include "mediafs/store/listing_store.h"
#include "mediafs/store/media_store.h"

namespace mediafs {

namespace {

bool is_of_session(const Listing& attempt, const MediaId& session) {
  return std::any_of(attempt.media.begin(), attempt.media.end(),
                     [&](const ListedMedia& media) { return media.session == session.text(); });
}

std::vector<ListingKey> listings_of_session(const Catalog& catalog, const MediaId& session) {
  const ListingKey attempts{ListingKind::session_attempts, session};
  std::set<ListingKey> keys{{ListingKind::session_media, session}, attempts};
  if (const ListingRef known = catalog.find_listing(attempts)) {
    for (const ListedAttempt& attempt : known->attempts)
      keys.insert({ListingKind::attempt_media, attempt.id});
  }
  // An attempt may have been listed without its session's list of attempts.
  for (const ListingRef& attempt : catalog.listings(ListingKind::attempt_media)) {
    if (is_of_session(*attempt, session)) keys.insert(attempt->key);
  }
  return {keys.begin(), keys.end()};
}

}  // namespace

EraseScope scope_of_media(const Catalog& catalog, const MediaId& id) {
  return {.media = {id}, .listings = {}, .mentions = catalog.listings_with(id)};
}

EraseScope scope_of_session(const Catalog& catalog, const MediaId& session) {
  const std::vector<ListingKey> own = listings_of_session(catalog, session);
  std::set<MediaId> media;
  for (const ListingKey& key : own) {
    const ListingRef known = catalog.find_listing(key);
    if (!known) continue;
    for (const ListedMedia& listed : known->media) media.insert(listed.id);
  }
  std::set<ListingKey> mentions;
  for (const MediaId& id : media) {
    for (const ListingKey& key : catalog.listings_with(id)) mentions.insert(key);
  }
  for (const ListingKey& key : own) mentions.erase(key);
  return {
      .media = {media.begin(), media.end()}, .listings = own, .mentions = {mentions.begin(), mentions.end()}};
}

EraseScope scope_of_everything(const Catalog& catalog) {
  EraseScope all;
  for (const MediaItemRef& item : catalog.all()) all.media.push_back(item->id);
  for (const ListingKind kind :
       {ListingKind::session_media, ListingKind::attempt_media, ListingKind::session_attempts}) {
    for (const ListingRef& listing : catalog.listings(kind)) all.listings.push_back(listing->key);
  }
  return all;
}

Eraser::Eraser(Catalog& catalog, MediaStore& media, ListingStore& listings)
    : catalog_(catalog), media_(media), listings_(listings) {}

/// Listings first: a provisional item would be made of what they say of an erased media.
EraseCount Eraser::erase(const EraseScope& scope) {
  EraseCount count;
  for (const MediaId& id : scope.media) count.media += catalog_.find(id) ? 1U : 0U;
  for (const ListingKey& key : scope.listings) count.listings += listings_.erase(key) ? 1U : 0U;
  for (const ListingKey& key : scope.mentions)
    count.listings += listings_.remove_from_listing(key, scope.media) ? 1U : 0U;
  for (const MediaId& id : scope.media) media_.erase(id);
  return count;
}

}  // namespace mediafs
