#pragma once

#include <cstdint>
#include <string>

#include "mediafs/base/clock.h"
#include "mediafs/model/media_id.h"

namespace mediafs {

/// What stat(2) shows as the inode number and the kernel uses as the node's name. Never reused for another
/// media.
enum class NodeNumber : std::uint64_t {};

inline constexpr NodeNumber kRootNode{1};

/// A media's node number: 62 bits of a hash of its id, so the same in every mount, on every machine, after
/// every restart, without anything to look up or to store. Among a million media two would share one with a
/// probability of 1 in 10 million; the second is then refused, never confused with the first.
NodeNumber node_number_of(const MediaId& id);

/// What getattr and lookup tell.
struct Attributes {
  NodeNumber node{};
  bool directory = false;
  std::uint64_t size = 0;
  UnixSeconds modified = 0;
  unsigned links = 1;
};

struct DirectoryEntry {
  std::string name;
  Attributes attributes;
};

}  // namespace mediafs
