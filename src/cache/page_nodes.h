// The nodes of one branch or leaf page of LMDB's, taken out with every offset checked.
#pragma once

#include <cstdint>
#include <vector>

#include "cache/page_format.h"
#include "mediafs/base/bytes.h"

namespace mediafs {

struct PageNode {
  ByteView key;                // empty for a branch's first: it has none
  std::uint64_t child = 0;     // on a branch
  std::uint64_t size = 0;      // on a leaf: of the value
  std::uint64_t overflow = 0;  // on a leaf: the value's first page; 0: it stands here
  ByteView value;              // where it stands here
};

struct PageNodes {
  bool is_leaf = false;
  std::vector<PageNode> nodes;
};

/// Fills `out` with views into `page`. False: this is no sound page of that number. What holds of a sound
/// one: its nodes stand one behind another from `upper` to the page's end. LMDB moves them about by these
/// offsets in pages of its own memory, so that one wrong offset writes beyond them.
bool take_nodes(ByteView page, std::uint64_t number, PageNodes& out);

}  // namespace mediafs
