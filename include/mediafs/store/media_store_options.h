#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_set>

#include "mediafs/base/bytes.h"
#include "mediafs/base/clock.h"
#include "mediafs/model/chunk.h"
#include "mediafs/store/served_fingerprints.h"

namespace mediafs {

struct MediaStoreOptions {
  Duration deadline{30'000};          // of every find and read
  Duration negative_ttl{10'000};      // how long "no such media" is cached
  Duration keep_unwanted{5'000};      // how long a paused stream is kept; up to twice that while it is open
  std::uint64_t streams_kept = 128;   // with more, none that pauses is kept longer: it holds a connection
  std::uint64_t max_unsized = 1_GiB;  // a body without a length is downloaded to find its size, up to this
  bool seek = true;                   // far reads may ask for ranges, whose bytes no signature proves
  Duration out_of_order_within{50};   // for how long read-ahead waits for what leads to it
  Duration revalidate{86'400'000};    // for how long the origin's word that a media exists counts
  std::size_t lookups = 2;  // in the cache at one time; fewer than the threads that call read(), by two
  ServedFingerprints* served_fingerprints =
      nullptr;  // for a later server, and from an earlier one; null: there is none
  std::unordered_set<Revision> in_use = {};  // versions that have been opened by way of an earlier server
  std::uint64_t memory = 128_MiB;            // of chunk buffers, for all streams and for what was read last
  std::function<double()> jitter = {};       // in [0, 1), of every backoff; empty: drawn at random
};

}  // namespace mediafs
