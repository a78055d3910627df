#pragma once

#include "mediafs/api/media_body.h"

namespace mediafs {

/// What was asked of the API for one media.
struct MediaQuestion {
  std::uint64_t offset = 0;          // > 0: a range from there on was asked for
  std::optional<std::uint64_t> end;  // a range up to there was asked for; with an offset alone, to the end
  bool require_signature = false;
  const Credentials* credentials = nullptr;
};

/// What asks for a range (RFC 9110 section 14.2); to the media's end where there is no `end`.
std::string range_of(std::uint64_t offset, std::optional<std::uint64_t> end);

/// What proves a response to be the API's, whatever it says.
struct Origin {
  bool contradicts = false;                // another client's, or its signatures differ, or one is required
  std::shared_ptr<BodyVerifier> verifier;  // null: not signed
};
Origin origin_of(const ResponseHead& head, const MediaQuestion& question);

/// Checks the head of a 200 or 206. Errc::protocol where it answers another question or is not of the API,
/// Errc::corrupt where its signature headers cannot be right.
Result<MediaHead> interpret_media_head(const ResponseHead& head, const MediaQuestion& question);

}  // namespace mediafs
