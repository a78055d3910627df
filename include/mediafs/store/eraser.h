// Erases what is known here of a media, or of a whole session.
#pragma once

#include <cstddef>
#include <vector>

#include "mediafs/model/listing.h"

namespace mediafs {

class Catalog;
class ListingStore;
class MediaStore;

/// What is to be erased: of a media or a session, all that is known here.
struct EraseScope {
  std::vector<MediaId> media;
  std::vector<ListingKey> listings;
  std::vector<ListingKey> mentions = {};  // other listings that name some of the media
};

/// The media alone: who erases its session later must still find the others.
EraseScope scope_of_media(const Catalog& catalog, const MediaId& id);

/// The session's listing, that of its attempts and theirs, with all media that they have, as far as is known.
EraseScope scope_of_session(const Catalog& catalog, const MediaId& session);

EraseScope scope_of_everything(const Catalog& catalog);

/// How much of the scope was known.
struct EraseCount {
  std::size_t media = 0;
  std::size_t listings = 0;
};

/// Thread-safe; nothing here waits for the network, the disk or the kernel.
class Eraser {
 public:
  /// All must outlive this object.
  Eraser(Catalog& catalog, MediaStore& media, ListingStore& listings);

  /// Forgets them here, provisional items too; what is not known is no error. What is asked for afterwards is
  /// asked of the API anew.
  EraseCount erase(const EraseScope& scope);

 private:
  Catalog& catalog_;
  MediaStore& media_;
  ListingStore& listings_;
};

}  // namespace mediafs
