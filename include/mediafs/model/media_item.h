#pragma once

#include <cstdint>
#include <string>

#include "mediafs/base/clock.h"
#include "mediafs/model/chunk.h"
#include "mediafs/model/media_id.h"

namespace mediafs {

/// What is known of one media: enough to stat it, and to tell whether new bytes belong to the same version.
struct MediaItem {
  MediaId id;
  Revision revision{};  // none: see from_listing_only()
  std::uint64_t size = 0;
  std::string content_type;
  UnixSeconds modified = 0;   // Last-Modified where the origin sends it, else when first seen
  UnixSeconds shown = 0;      // as what its time is shown, as long as this is the media's version
  std::string etag;           // strong entity tag (RFC 9110 section 8.8.3) with its quotes; empty: none
  UnixSeconds confirmed = 0;  // when the origin last said that the media exists
  bool complete = false;      // every byte has been received and, where signed, verified
  bool unverified = false;    // the body is signed and has not been verified (yet)
  bool unsized = false;       // from_listing_only() by a listing that does not tell its size
  bool superseded =
      false;  // from_listing_only(), after a version that is no more: the next one is shown as new

  /// Provisional: known from a listing only. Size and type are what that says, and none of its bytes is here.
  [[nodiscard]] bool from_listing_only() const { return revision == Revision{}; }

  bool operator==(const MediaItem&) const = default;
};

}  // namespace mediafs
