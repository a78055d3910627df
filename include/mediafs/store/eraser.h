// What is known here of a media, or of a whole session, and the end of it.
#pragma once

#include <cstddef>
#include <vector>

#include "mediafs/model/listing.h"

namespace mediafs {

class Catalog;
class ListingStore;
class MediaStore;

/// What there is here of a media or a session.
struct Traces {
  std::vector<MediaId> media;
  std::vector<ListingKey> listings;
  std::vector<ListingKey> mentions = {};  // other listings that name some of the media
};

/// The media alone: who erases its session later must still find the others.
Traces traces_of_media(const Catalog& catalog, const MediaId& id);

/// The session's listing, that of its attempts and theirs, with all media that they have, as far as is known.
Traces traces_of_session(const Catalog& catalog, const MediaId& session);

Traces traces_of_everything(const Catalog& catalog);

/// How much of it there was.
struct Erased {
  std::size_t media = 0;
  std::size_t listings = 0;
};

/// Thread-safe; nothing here waits for the network, the disk or the kernel.
class Eraser {
 public:
  /// All must outlive this object.
  Eraser(Catalog& catalog, MediaStore& media, ListingStore& listings);

  /// Forgets them here, so that no claim is left; what is not known is no error. What is asked for afterwards
  /// is asked of the API anew.
  Erased erase(const Traces& traces);

 private:
  Catalog& catalog_;
  MediaStore& media_;
  ListingStore& listings_;
};

}  // namespace mediafs
