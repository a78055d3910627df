#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "mediafs/base/clock.h"
#include "mediafs/base/result.h"
#include "mediafs/model/listing.h"

namespace mediafs {

struct ParsedListing {
  Listing listing;           // its times are left for whoever asked
  std::size_t left_out = 0;  // entries that cannot be believed
};

/// Makes a listing of a response's body, which is taken to be hostile.
///
/// Errc::protocol where it is not the one JSON object that was asked for (strict JSON, at most 32 levels
/// deep, no array twice); Errc::outside_api beyond kMaxListed entries; what the API's code means where it
/// says "fail". An entry with a bad or missing id, size or type, one of another session, or two of one id
/// that contradict each other are left out; arrays and fields that are not known are passed over. `url` is
/// never looked at.
Result<ParsedListing> parse_listing(const ListingKey& key, std::string_view body);

/// An RFC 3339 timestamp ("2024-01-12T09:12:55.040Z"), its fraction dropped.
std::optional<UnixSeconds> parse_timestamp(std::string_view text);

}  // namespace mediafs
