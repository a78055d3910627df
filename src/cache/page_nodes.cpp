#include "cache/page_nodes.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace mediafs {

namespace {

using Place = std::pair<std::size_t, std::size_t>;  // offset and length

template <typename Value>
Value value_at(ByteView page, std::size_t offset) {
  Value value{};
  std::memcpy(&value, page.data() + offset, sizeof(value));
  return value;
}

/// Nothing where the node reaches out of the page.
bool take_node(ByteView page, std::size_t offset, bool is_leaf, bool first, PageNodes& out, Place& place) {
  if (offset + sizeof(NodeHeader) > page.size()) return false;
  const auto header = value_at<NodeHeader>(page, offset);
  const std::size_t key_end = offset + sizeof(header) + header.key_size;
  const bool has_key = is_leaf || !first;
  if (header.key_size > kMostKey || (has_key && header.key_size == 0)) return false;
  const std::uint64_t low = header.low | std::uint64_t{header.high} << 16;
  PageNode node;
  std::size_t end = key_end;
  if (!is_leaf) {
    node.child = low | std::uint64_t{header.flags} << 32;
  } else {
    if ((header.flags & ~kBigNode) != 0) return false;
    node.size = low;
    end += header.flags == kBigNode ? sizeof(node.overflow) : node.size;
  }
  if (end > page.size()) return false;
  if (has_key) node.key = page.subspan(offset + sizeof(header), header.key_size);
  if (is_leaf && header.flags == kBigNode) {
    node.overflow = value_at<std::uint64_t>(page, key_end);
    if (node.overflow == 0) return false;
  } else if (is_leaf) {
    node.value = page.subspan(key_end, node.size);
  }
  out.nodes.push_back(node);
  place = {offset, (end - offset + 1) / 2 * 2};  // LMDB keeps them at even offsets
  return true;
}

/// Whether the places are, in some order, all of what lies between `begin` and `end`.
bool fill_it(std::vector<Place>& places, std::size_t begin, std::size_t end) {
  std::sort(places.begin(), places.end());
  for (const auto& [offset, length] : places) {
    if (offset != begin) return false;
    begin += length;
  }
  return begin == end;
}

}  // namespace

bool take_nodes(ByteView page, std::uint64_t number, PageNodes& out) {
  const auto header = value_at<PageHeader>(page, 0);
  out.is_leaf = header.flags == kLeafPage;
  out.nodes.clear();
  if (header.number != number || (header.flags != kLeafPage && header.flags != kBranchPage)) return false;
  if (header.lower <= sizeof(header) || header.lower % 2 != 0) return false;
  if (header.lower > header.upper || header.upper > page.size()) return false;
  const std::size_t count = (header.lower - sizeof(header)) / sizeof(std::uint16_t);
  std::vector<Place> places(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto offset = value_at<std::uint16_t>(page, sizeof(header) + i * sizeof(std::uint16_t));
    if (!take_node(page, offset, out.is_leaf, i == 0, out, places[i])) return false;
  }
  return fill_it(places, header.upper, page.size());
}

}  // namespace mediafs
