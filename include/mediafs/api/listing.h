#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"
#include "mediafs/model/listing.h"

namespace mediafs {

/// Entries that are not shown, counted by what is wrong with their id.
struct LeftOut {
  std::size_t without_id = 0;
  std::size_t impossible_id = 0;
  std::size_t own_id = 0;  // the session's or attempt's that is listed

  [[nodiscard]] std::size_t all() const { return without_id + impossible_id + own_id; }
  bool operator==(const LeftOut&) const = default;
};

struct ParsedListing {
  Listing listing;  // its times are left for whoever asked
  LeftOut left_out;
};

/// Makes a listing of a response's body, which is taken to be hostile.
///
/// Errc::protocol where it is not the one JSON object that was asked for (strict JSON, at most 32 levels
/// deep, no array twice); Errc::outside_api beyond kMaxListed entries.
///
/// An entry is left out for its id alone. Any other field may be missing or odd: then it is not known, and a
/// type is what the array's name says. Two entries of one id are one media, of which the better known fields
/// count. Every array holds media, whatever its name, where its entries have an id that is not the listing's
/// own and one of mimetype, size, context and url; other entries of an array that is not known are passed
/// over. What `url` says is never looked at.
Result<ParsedListing> parse_listing(const ListingKey& key, std::string_view body);

/// An RFC 3339 timestamp ("2024-01-12T09:12:55.040Z"), its fraction dropped.
std::optional<UnixSeconds> parse_timestamp(std::string_view text);

}  // namespace mediafs
