#pragma once

#include "cache/cache_parts.h"
#include "mediafs/model/byte_range.h"

namespace mediafs {

enum class ChunkFound { whole, nothing, corrupt };

/// Reads `part` of a chunk from the database into its place in `out`, authenticated; the rest of `out` is
/// undefined. REQUIRES: out.size() == kChunkSize; part is not empty and lies within the chunk.
ChunkFound open_chunk(const CacheParts& parts, const SecretKey& version_key, const MediaId& id,
                      ChunkKey chunk, ByteRange part, MutableBytes out);

}  // namespace mediafs
