// What the API lists of a session or of an attempt: /v1/sessions/ID/media, /v1/sessions/ID/attempts and
// /v1/attempts/ID/media.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mediafs/base/bytes.h"
#include "mediafs/base/clock.h"
#include "mediafs/model/media_id.h"

namespace mediafs {

/// What may be listed. The numbers stand in the cache: src/cache/FORMAT.md.
enum class ListingKind : std::uint32_t {
  session_media = 1,     // of the session's most recent attempt
  attempt_media = 2,     // of one attempt
  session_attempts = 3,  // all attempts of a session
};

struct ListingKey {
  ListingKind kind{};
  MediaId id;  // of the session or of the attempt
  auto operator<=>(const ListingKey&) const = default;
};

/// A media as a listing has it.
struct ListedMedia {
  MediaId id;
  std::string context;       // what it shows ("document-front"), as the API says it: any text, or none
  std::string content_type;  // lower case, without parameters; kUnknownType where it is not told
  std::optional<std::uint64_t> size;  // as listed, if it is; where the body has another, that is right
  std::string duration;               // of a video, in seconds; empty where it is not told
  std::string session;                // the session's id; empty where it is not told
  UnixSeconds first_seen = 0;
  bool operator==(const ListedMedia&) const = default;
};

struct ListedAttempt {
  MediaId id;
  std::optional<UnixSeconds> created;
  UnixSeconds first_seen = 0;
  bool operator==(const ListedAttempt&) const = default;
};

/// Bounds of a listing that is accepted.
inline constexpr std::size_t kMaxListingBytes = 32_MiB;
inline constexpr std::size_t kMaxListed = 100'000;

/// One listing as it was answered. Sorted by id, each id once: the API's order changes from answer to answer.
struct Listing {
  ListingKey key;
  UnixSeconds listed = 0;               // when it was answered
  UnixSeconds changed = 0;              // since when it says what it says
  std::vector<ListedMedia> media;       // of a session or attempt
  std::vector<ListedAttempt> attempts;  // of session_attempts
  bool operator==(const Listing&) const = default;
};

/// A snapshot: it never changes, a newer one replaces it.
using ListingRef = std::shared_ptr<const Listing>;

}  // namespace mediafs

template <>
struct std::hash<mediafs::ListingKey> {
  std::size_t operator()(const mediafs::ListingKey& key) const noexcept {
    return std::hash<mediafs::MediaId>()(key.id) * 31 + static_cast<std::size_t>(key.kind);
  }
};
