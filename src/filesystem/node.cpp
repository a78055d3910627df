#include "mediafs/filesystem/node.h"

#include "mediafs/crypto/digest.h"

namespace mediafs {

NodeNumber node_number_of(const MediaId& id) {
  constexpr std::uint64_t kSixtyTwoBits = (std::uint64_t{1} << 62) - 1;
  constexpr std::uint64_t kNotTheRoots = std::uint64_t{1} << 62;  // small numbers are for fixed nodes
  const crypto::Digest digest = crypto::sha256(bytes_of("mediafs node " + id.text()));
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof(number); ++i)
    number = number << 8 | std::to_integer<std::uint64_t>(digest[i]);
  return NodeNumber{(number & kSixtyTwoBits) | kNotTheRoots};
}

}  // namespace mediafs
