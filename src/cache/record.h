// The plain form of a catalog record: fields in order, numbers big-endian, texts behind their length.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mediafs/base/bytes.h"
#include "mediafs/model/listing.h"
#include "mediafs/model/media_item.h"

namespace mediafs {

/// Padded with zeros to a multiple of 256 bytes, so that the record's size tells little.
std::string encode_item(const MediaItem& item);

/// Nothing where the bytes are not exactly what encode_item makes.
std::optional<MediaItem> decode_item(ByteView record);

std::string encode_listing(const Listing& listing);

/// Nothing where the bytes have not the form of what encode_listing makes, with zeros behind it.
std::optional<Listing> decode_listing(ByteView record);

}  // namespace mediafs
